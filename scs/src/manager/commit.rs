//! Committing: a session's changes become store calls. `plain.rs` is the short way, `claim.rs` commits one field by itself, and
//! `sealed.rs` writes cookies.

use super::{
    attempt::Attempt,
    engine::{Engine, Found},
    event::{SessionEvent, StoreOperation},
    limit::Places,
    retries::Retries,
    warnings,
    write::Write,
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Cells, Header},
    state::{Base, Changes, Doom, Doomed, Held, Privilege, State},
    store::{Created, DynStore, Kept, Updated},
    time::{Clock as _, Timestamp},
    token::Token,
    typed_session::{Committed, Handle},
};

/// How often another id is tried when one is taken.
const MAX_IDS: u32 = 8;

impl Engine {
    /// Commits what [`commit_now`](Self::commit_now) left, and waits where it has to.
    ///
    /// `last`: the response head leaves right afterwards, and the client can be told nothing later.
    pub(crate) async fn commit(&self, handle: &Handle, last: bool) -> Result<Committed, SessionError> {
        let _turn = handle.commit_turn().await;
        let state = handle.state();
        self.commit_in_turn(state).await?;
        Ok(state.told(last).into())
    }

    pub(super) async fn commit_in_turn(&self, state: &State) -> Result<(), SessionError> {
        // What was destroyed goes first, whatever else fails.
        self.delete_doomed(state).await?;
        state.check_usable()?;
        let changes = state.begin()?;
        match (&self.kept, changes) {
            (Kept::Store(kept), None) => self.keep_alive(&*kept.store, state).await,
            (Kept::Store(kept), Some(changes)) => self.save(&*kept.store, &mut Attempt::new(state, changes)).await?,
            #[cfg(feature = "sealed")]
            (Kept::Sealed(cookies), None) => self.keep_sealed_alive(cookies, state),
            #[cfg(feature = "sealed")]
            (Kept::Sealed(cookies), Some(changes)) => {
                self.seal_changes(cookies, &mut Attempt::new(state, changes)).await?;
            }
        }
        self.delete_doomed(state).await
    }

    /// Deletes the sessions that were destroyed or merged; one that cannot be deleted stays doomed. A sign-in that came from
    /// another session is lost if that one was ended meanwhile: what ended it was to end the sign-in.
    async fn delete_doomed(&self, state: &State) -> Result<(), SessionError> {
        let mut is_lost = false;
        while let Some(doomed) = state.doomed() {
            state.begin_deletion(doomed);
            let was_there = self.delete_one(doomed).await?;
            if doomed.reason == Doom::Moved && !was_there {
                // An earlier call may have deleted it; where that cannot be told apart, it counts as ended.
                is_lost = true;
                state.destroy();
                state.settle_doomed(doomed);
                state.withdraw_token();
                continue;
            }
            state.settle_doomed(doomed);
            // An earlier call may have deleted it without an answer, and nothing was reported then.
            if was_there || doomed.is_tried {
                self.report(SessionEvent::Destroyed { id: doomed.id, reason: doomed.reason.into() });
            }
            if !doomed.is_merged() {
                state.withdraw_token();
            }
        }
        if is_lost {
            return Err(SessionError::SignInLost);
        }
        if state.was_destroyed() && state.was_presented() {
            state.withdraw_token();
        }
        Ok(())
    }

    /// `false` if it was gone.
    async fn delete_one(&self, doomed: Doomed) -> Result<bool, SessionError> {
        Ok(match &self.kept {
            Kept::Store(kept) => match doomed.at {
                Some(revision) => self.end_given(doomed.id, revision).await?,
                None => self.call(StoreOperation::Delete, || kept.store.delete(doomed.id)).await?,
            },
            // It was revoked when it was taken.
            #[cfg(feature = "sealed")]
            Kept::Sealed(_) if doomed.is_merged() => doomed.at.is_some(),
            #[cfg(feature = "sealed")]
            Kept::Sealed(cookies) => self.end_sealed(cookies, doomed.id, doomed.listed_until).await?,
        })
    }

    /// Writes the changes, with the places under limited values that they need.
    async fn save(&self, store: &dyn DynStore, attempt: &mut Attempt<'_>) -> Result<(), SessionError> {
        let wanted = self.wanted(attempt.changes()?);
        // Before the session's own turn, so that nobody who has that waits for these.
        let mut places = self.places(wanted).await;
        let is_stored = attempt.base().is_ok();
        let saved = match is_stored {
            true => self.update(store, attempt, &mut places).await,
            false => self.create(store, attempt, &mut places).await,
        };
        if saved.is_err() {
            Box::pin(self.withdraw(&mut places)).await;
            Box::pin(self.give_back(attempt)).await;
            if attempt.changes().is_ok_and(Changes::has_lost_a_source) {
                attempt.put_back();
            }
        }
        attempt.tell();
        saved
    }

    async fn create(
        &self,
        store: &dyn DynStore,
        attempt: &mut Attempt<'_>,
        places: &mut Places<'_>,
    ) -> Result<(), SessionError> {
        attempt.state.check_head()?;
        let mut id = attempt.changes()?.id();
        for _ in 0..MAX_IDS {
            match self.create_under(store, id, attempt, places).await? {
                Some(Created::Created) => return Ok(()),
                Some(Created::Occupied) => id = SessionId::generate(self.clock.now()),
                // Another sign-in has taken the place.
                Some(Created::NotAdmitted) => {}
                // What is merged has changed.
                None if attempt.changes()?.is_empty() => {
                    attempt.finish();
                    return Ok(());
                }
                None => {
                    Box::pin(self.withdraw(places)).await;
                    places.want(self.wanted(attempt.changes()?));
                }
            }
        }
        Err(SessionError::Contended { attempts: MAX_IDS })
    }

    /// Creates the record under this id; `None` if what is merged has changed, and nothing was written.
    async fn create_under(
        &self,
        store: &dyn DynStore,
        id: SessionId,
        attempt: &mut Attempt<'_>,
        places: &mut Places<'_>,
    ) -> Result<Option<Created>, SessionError> {
        let now = self.clock.now();
        let token = Token::new(id, attempt.state.next_secret()?);
        let secret = self.hasher.hash(&token);
        let changes = attempt.changes()?;
        let first = self.policy.first_header(self.schema, self.tag, secret, now);
        let header = self.policy.next_header(&first, self.schema, changes, now);
        let write = self.write_draft(changes.draft(), header, None, now)?;
        self.admit(id, places, write.entry.lifetime()).await?;
        if !self.take(attempt, id).await? {
            return Ok(None);
        }
        attempt.begin_write(id);
        let write = sure(write, attempt.changes()?, places);
        let created = self.call(StoreOperation::Create, || store.create(id, &write.entry)).await?;
        attempt.end_write();
        if created == Created::Created {
            let (base, cells) = write.done(now);
            let is_this_one = attempt.settle(id, base, cells);
            self.report(SessionEvent::Created { id });
            if is_this_one {
                attempt.state.issue(Held::issued(token, secret, now), true);
            }
        }
        Ok(Some(created))
    }

    async fn update(
        &self,
        store: &dyn DynStore,
        attempt: &mut Attempt<'_>,
        places: &mut Places<'_>,
    ) -> Result<(), SessionError> {
        let state = attempt.state;
        let id = attempt.changes()?.id();
        let mut token = renewed_token(state, attempt.changes()?)?;
        let mut retries = Retries::begin(&self.queue, id).await?;
        loop {
            let now = self.clock.now();
            let base = attempt.base()?;
            if base.header.deadline <= now {
                // Unless a sign-in has lengthened it since, the store forgets it by itself.
                Box::pin(self.catch_up(id, attempt, places)).await?;
                continue;
            }
            let revision = base.revision;
            let changes = attempt.changes()?;
            let header = self.next_header(state, base, changes, &mut token, now);
            let write = self.write_draft(changes.draft(), header, Some(&base.header), now)?;
            self.admit(id, places, write.entry.lifetime()).await?;
            if !self.take(attempt, id).await? {
                // A session that will not end after all frees no place.
                Box::pin(self.withdraw(places)).await;
                places.want(self.wanted(attempt.changes()?));
                continue;
            }
            attempt.begin_write(id);
            let write = sure(write, attempt.changes()?, places);
            let update = || store.update(id, revision, &write.entry);
            let updated = self.call(StoreOperation::Update, update).await?;
            attempt.end_write();
            match updated {
                Updated::Updated => return self.updated(attempt, write.done(now), token),
                Updated::Gone => return Err(self.lose(attempt, id)),
                // Another sign-in has taken the place.
                Updated::NotAdmitted => {
                    Box::pin(retries.again()).await?;
                }
                Updated::Conflict => {
                    let attempt_number = Box::pin(retries.again()).await?;
                    self.report(SessionEvent::Conflict { id, attempt: attempt_number });
                    Box::pin(self.catch_up(id, attempt, places)).await?;
                }
            }
        }
    }

    /// Tells the session and its client what the store holds since an update.
    fn updated(
        &self,
        attempt: &mut Attempt<'_>,
        (base, cells): (Base, Cells),
        token: Option<Token>,
    ) -> Result<(), SessionError> {
        let (state, changes) = (attempt.state, attempt.changes()?);
        let was_remembered = changes.base().is_some_and(|former| former.header.remembered);
        let remembers = changes.remember().is_some() || was_remembered != base.header.remembered;
        let id = changes.id();
        let issued = token.map(|token| self.issued(token, base.header.written));
        if attempt.settle(id, base, cells) {
            self.announce(state, id, issued, remembers);
        }
        Ok(())
    }

    /// Does the changes again on what another request stored, if this one may still write there.
    async fn catch_up(
        &self,
        id: SessionId,
        attempt: &mut Attempt<'_>,
        places: &mut Places<'_>,
    ) -> Result<(), SessionError> {
        let Some((theirs, cells)) = self.follow(attempt.state, id).await? else {
            return Err(self.lose(attempt, id));
        };
        attempt.changes_mut()?.replay(theirs, cells, self.clock.now())?;
        places.want(self.wanted(attempt.changes()?));
        Ok(())
    }

    /// The record is gone, and so are the changes.
    pub(super) fn lose(&self, attempt: &mut Attempt<'_>, id: SessionId) -> SessionError {
        self.report(SessionEvent::WriteAfterDelete { id });
        attempt.give_up()
    }

    /// Lets the client know its new token, or how long it keeps the one it has.
    pub(super) fn announce(&self, state: &State, id: SessionId, issued: Option<Held>, remembers: bool) {
        if let Some(held) = issued {
            self.report(SessionEvent::Renewed { id });
            state.issue(held, false);
        } else if remembers {
            state.reissue();
        }
    }

    /// Reads what another request stored, if this one may still write there.
    pub(super) async fn follow(&self, state: &State, id: SessionId) -> Result<Option<(Base, Cells)>, SessionError> {
        match self.fetch(id).await? {
            Found::Live(base, cells) if state.may_follow(&base, &cells) => {
                let cells = self.migrated(&base, cells)?;
                Ok(Some((base, cells)))
            }
            _ => Ok(None),
        }
    }

    /// The header after the changes. `token`: the one that they ask for; if they ask for none, there is afterwards the
    /// one that a rotation made by the way.
    fn next_header(
        &self,
        state: &State,
        base: &Base,
        changes: &Changes,
        token: &mut Option<Token>,
        now: Timestamp,
    ) -> Header {
        let mut header = self.policy.next_header(&base.header, self.schema, changes, now);
        state.with_held(|held| header.note_presented(held, now));
        match token {
            Some(token) if changes.privilege() != Privilege::Kept => self.renew(&mut header, token, now),
            _ => {
                let rotated = self.apply(state, self.due(state, base, now), &mut header, now);
                *token = rotated.inspect_err(|error| warnings::rotation_failed(changes.id(), error)).ok().flatten();
            }
        }
        header
    }

    /// What keeps a session going that is only read.
    async fn keep_alive(&self, store: &dyn DynStore, state: &State) {
        if !self.rotate_if_due(store, state).await {
            self.touch_if_due(state).await;
        }
    }
}

/// A write that relies on its places, and is not lost once other sessions have ended for it, or a sign-in has.
fn sure(write: Write, changes: &Changes, places: &Places<'_>) -> Write {
    let entry = places.under(write.entry);
    let is_final = changes.merges() || changes.changes_account();
    let entry = if is_final { entry.with_full_durability() } else { entry };
    Write { entry, ..write }
}

/// A new token, if the changes ask for one.
fn renewed_token(state: &State, changes: &Changes) -> Result<Option<Token>, SessionError> {
    if changes.privilege() == Privilege::Kept {
        return Ok(None);
    }
    state.check_head()?;
    Ok(Some(Token::new(changes.id(), state.next_secret()?)))
}
