//! Merging: a session takes over what another one has, and the other one ends.
//!
//! What a session has goes to at most one other, and never after its end. So the other one is first *given*, by a
//! compare-and-set that writes into it to whom: from then on its tokens open nothing, and it is still found by its account.
//! Then this session is written, with a note of what it has taken; then the other one is deleted. If it was gone by then,
//! whatever ended it meant to end the sign-in, and a session that has taken that ends too. Where a process dies between these,
//! the next sign-in to the account finds the session that was given, and looks whether it has arrived.

use super::{
    attempt::Attempt,
    engine::{Engine, Found},
    event::StoreOperation,
    policy::CLOCK_SKEW,
    retries::MAX_LOOKS,
    write::Write,
};
use crate::{
    error::{AlreadySet, SessionError, StoreError},
    id::SessionId,
    record::{Cells, Changed, Draft, Taker},
    revision::Revision,
    state::{Base, Hold, Privilege, Source},
    store::{Created, Deleted, Entry, Kept, Updated},
    time::Clock as _,
    token::{SecretHash, Token},
    typed_session::{Handle, Search},
};

/// A session that is read to be taken over.
pub(super) type Other = (SessionId, Base, Cells);

impl Engine {
    /// Takes over the fields of the session that another token opens.
    pub(crate) async fn absorb(&self, handle: &Handle, token: &Token) -> Result<bool, SessionError> {
        let opened = match &self.kept {
            #[cfg(feature = "sealed")]
            Kept::Sealed(cookies) => self.opened_sealed(cookies, token).await?,
            Kept::Store(_) => self.opened_by(token).await?,
        };
        let opened = opened.filter(|((id, ..), _)| !handle.state().has_merged(*id));
        let Some(((id, base, cells), secret)) = opened else { return Ok(false) };
        let cells = self.migrated(&base, cells)?;
        handle.state().take_over(Source { id, base, cells, hold: Hold::Token(secret), gave: None });
        Ok(true)
    }

    /// The session that a token opens, or that it opened until it was given to another one which has not got it.
    async fn opened_by(&self, token: &Token) -> Result<Option<(Other, SecretHash)>, SessionError> {
        let (id, held) = (token.id(), self.presented(token.clone()));
        let (found, is_reused) = self.look_up(&held).await?;
        if is_reused {
            self.token_reused(id).await?;
        }
        let secret = *held.secret();
        let found = self.make_available(id, found).await?;
        let opens = |(_, base, _): &Other| base.header.opens_with(&secret, self.clock.now());
        Ok(found.filter(opens).map(|other| (other, secret)))
    }

    /// Signs in, and takes over what the account's latest session has; that one ends when this is committed.
    pub(crate) async fn login(&self, handle: &Handle, account: Search) -> Result<bool, SessionError> {
        let state = handle.state();
        let field = account.field();
        if !field.renews {
            return Err(SessionError::NotAnAccount { field: field.name });
        }
        let is_another = |(slot, signed_in)| slot == account.slot && signed_in != account.value;
        if field.once && state.accounts().into_iter().any(is_another) {
            return Err(AlreadySet::new(field.name).into());
        }
        let former = self.latest_available(&account, state.id()).await?;
        let former = former.filter(|(id, ..)| !state.has_merged(*id));
        let former = former.map(|(id, base, cells)| Ok::<_, SessionError>((id, self.migrated(&base, cells)?, base)));
        let former = former.transpose()?;
        state.sign_in(account.slot, account.value.clone());
        let Some((id, cells, base)) = former else { return Ok(false) };
        state.take_over(Source { id, base, cells, hold: Hold::Account(account.slot, account.value), gave: None });
        Ok(true)
    }

    async fn latest_available(&self, account: &Search, except: SessionId) -> Result<Option<Other>, SessionError> {
        let mut others = vec![except];
        for _ in 0..MAX_LOOKS {
            let Some((id, found)) = self.latest_with(account, &others).await? else { break };
            if let Some(available) = self.make_available(id, found).await? {
                return Ok(Some(available));
            }
            // It was given to a session that has got it.
            others.push(id);
        }
        Ok(None)
    }

    /// The session if its fields can be taken over: it is live, or it was given to one that has not got them and never will.
    /// One whose fields have arrived elsewhere is ended, if its taker had the time to and did not.
    async fn make_available(&self, id: SessionId, mut found: Found) -> Result<Option<Other>, SessionError> {
        for _ in 0..MAX_LOOKS {
            let (base, cells) = match found {
                Found::Live(base, cells) => return Ok(Some((id, base, cells))),
                Found::Given(base, cells) => (base, cells),
                Found::Expired(_) | Found::Foreign | Found::Nothing => return Ok(None),
            };
            let Some(to) = cells.given_to() else { return Ok(None) };
            match self.withhold(to, id, &base).await? {
                Some(true) => return Ok(Some((id, base, cells))),
                Some(false) => {
                    // Its taker is about to end it, and looks whether it is there still; if not, a process has died.
                    if base.header.written + CLOCK_SKEW < self.clock.now() {
                        self.end_given(id, base.revision).await?;
                    }
                    return Ok(None);
                }
                None => found = self.fetch(id).await?,
            }
        }
        Ok(None)
    }

    /// Makes sure that the session `to` never gets what `from` had: a write of it that is still under way finds another
    /// revision. `Some(false)` if it has got it already; `None` if others were writing.
    async fn withhold(&self, to: Taker, from: SessionId, given: &Base) -> Result<Option<bool>, SessionError> {
        let Some(kept) = self.store() else { return Ok(None) };
        let now = self.clock.now();
        let (base, cells) = match self.fetch(to.id).await? {
            Found::Live(base, cells) | Found::Given(base, cells) => (base, cells),
            // It has ended, and what it may have had with it.
            Found::Expired(_) | Found::Foreign | Found::Nothing if to.was_stored => return Ok(Some(false)),
            Found::Expired(_) | Found::Foreign | Found::Nothing => {
                // Nor can it be created any more.
                let nothing = Entry::new(Vec::new(), given.expires.since(now)).with_full_durability();
                let created = self.call(StoreOperation::Create, || kept.store.create(to.id, &nothing)).await?;
                if created == Created::Created {
                    return Ok(Some(true));
                }
                // An earlier look may have left the same note.
                let (there, _) = self.load(to.id).await?;
                return Ok(there.is_some_and(|stored| stored.payload().is_empty()).then_some(true));
            }
        };
        if cells.has_taken(from) {
            return Ok(Some(false));
        }
        let write = self.write_draft(&Draft::unchanged(cells), base.header.clone(), Some(&base.header), now)?;
        let update = || kept.store.update(to.id, base.revision, &write.entry);
        let updated = self.call(StoreOperation::Update, update).await?;
        Ok((updated == Updated::Updated).then_some(true))
    }

    /// Gives this session what is taken over, so that no other one gets it. `false` if that changed what is to be written.
    pub(super) async fn take(&self, attempt: &mut Attempt<'_>, id: SessionId) -> Result<bool, SessionError> {
        if !attempt.changes()?.merges() {
            return Ok(true);
        }
        let into = Taker { id, was_stored: attempt.base().is_ok() };
        Box::pin(self.take_each(attempt, into)).await
    }

    async fn take_each(&self, attempt: &mut Attempt<'_>, into: Taker) -> Result<bool, SessionError> {
        let (mut position, mut looks, mut is_as_known) = (0, 0, true);
        let signed_in = attempt.changes()?.privilege() == Privilege::Authenticated;
        while let Some(source) = attempt.source(position) {
            let now = self.clock.now();
            match self.take_one(attempt, position, into).await? {
                Taking::Done(base) => {
                    if let Some(source) = attempt.changes_mut()?.source_mut(position) {
                        source.base = base.clone();
                    }
                    attempt.note_taken(Source { base, ..source });
                    position += 1;
                }
                Taking::Changed(..) if looks == MAX_LOOKS => return Err(SessionError::Contended { attempts: looks }),
                Taking::Changed(base, cells) => {
                    looks += 1;
                    let cells = self.migrated(&base, cells)?;
                    attempt.changes_mut()?.refresh_source(position, (base, cells), now)?;
                    is_as_known = false;
                }
                Taking::Lost => {
                    attempt.changes_mut()?.lose_source(position, now)?;
                    is_as_known = false;
                }
            }
        }
        // A merge that was to sign in does not fail silently.
        match signed_in && !attempt.changes()?.still_signs_in() {
            true => {
                attempt.put_back();
                Err(SessionError::SignInLost)
            }
            false => Ok(is_as_known),
        }
    }

    async fn take_one(&self, attempt: &mut Attempt<'_>, position: usize, into: Taker) -> Result<Taking, SessionError> {
        let Some(source) = attempt.source(position) else { return Ok(Taking::Lost) };
        let Source { id, base, cells, gave, .. } = &source;
        let now = self.clock.now();
        let kept = match &self.kept {
            Kept::Store(kept) => kept,
            #[cfg(feature = "sealed")]
            Kept::Sealed(cookies) => {
                // A stranger's too: what it has must go to one session.
                let is_first = self.revoke_sealed(cookies, *id, Some(base.header.deadline)).await?;
                return Ok(if is_first { Taking::Done(base.clone()) } else { Taking::Lost });
            }
        };
        if now < base.header.deadline {
            let write = self.given(cells, base, into)?;
            attempt.note_giving(position, Some(write.entry.revision()))?;
            let update = || kept.store.update(*id, base.revision, &write.entry);
            match self.call(StoreOperation::Update, update).await? {
                Updated::Updated => return Ok(Taking::Done(write.done(now).0)),
                Updated::Gone => return Ok(Taking::Lost),
                Updated::Conflict | Updated::NotAdmitted => attempt.note_giving(position, *gave)?,
            }
        }
        Ok(match self.fetch(*id).await? {
            Found::Live(base, cells) if source.may_take(&base, &cells, now) => Taking::Changed(base, cells),
            // By a write of this request whose answer was lost, and not by another request of this session.
            Found::Given(base, _) if *gave == Some(base.revision) => Taking::Done(base),
            _ => Taking::Lost,
        })
    }

    /// The record of a session that is given to another one.
    fn given(&self, cells: &Cells, base: &Base, to: Taker) -> Result<Write, SessionError> {
        let now = self.clock.now();
        let draft = Draft::new(cells.clone(), Changed::new(), Some(cells.given(to)));
        let header = base.header.written_at(now, self.schema);
        let write = self.write_draft(&draft, header, Some(&base.header), now)?;
        Ok(Write { entry: write.entry.with_full_durability(), ..write })
    }

    /// Gives back what was taken for a write that was not made. Where that fails, the next sign-in finds it.
    pub(super) async fn give_back(&self, attempt: &mut Attempt<'_>) {
        let Some(kept) = self.store() else { return };
        for Source { id, base, cells, .. } in attempt.take_back() {
            let (header, now) = (base.header.clone(), self.clock.now());
            let Ok(write) = self.write_draft(&Draft::unchanged(cells), header, Some(&base.header), now) else {
                continue;
            };
            let update = || kept.store.update(id, base.revision, &write.entry);
            let _ = self.call(StoreOperation::Update, update).await;
        }
    }

    /// Deletes a session that was given to another one, at the revision at which it was; `false` if it was gone.
    pub(super) async fn end_given(&self, id: SessionId, mut at: Revision) -> Result<bool, StoreError> {
        let Some(kept) = self.store() else { return Ok(false) };
        for _ in 0..MAX_LOOKS {
            match self.call(StoreOperation::DeleteAt, || kept.store.delete_at(id, at)).await? {
                Deleted::Deleted => return Ok(true),
                Deleted::Gone => return Ok(false),
                Deleted::Conflict => {}
            }
            // A sign-in that looks for what this one had been given may have written it again.
            match self.fetch(id).await? {
                Found::Given(base, _) => at = base.revision,
                Found::Nothing => return Ok(false),
                Found::Live(..) | Found::Expired(_) | Found::Foreign => return Ok(true),
            }
        }
        Ok(true)
    }
}

/// How taking what a session has ended.
enum Taking {
    /// It is this session's now.
    Done(Base),
    /// The other session was written since.
    Changed(Base, Cells),
    /// The other session has ended, or another one took it.
    Lost,
}
