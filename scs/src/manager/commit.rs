//! Committing: the one place where a session's changes become store calls.

use std::{pin::pin, sync::Arc};

use super::{
    attempt::Attempt,
    engine::{BackendEngine, Found},
    event::{SessionEvent, StoreOperation},
    limit::Places,
    retries::Retries,
    warnings,
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Cells, Header},
    state::{Base, Changes, Doom, Privilege},
    store::{Created, Store, Updated},
    time::Timestamp,
    token::{Secret, Token},
    typed_session::{Committed, Handle, Held, TokenChange},
};

/// How often another id is tried when one is taken.
const MAX_IDS: u32 = 8;

impl<B: Store> BackendEngine<B> {
    /// `last`: the response head leaves right afterwards, and no client can be told anything later.
    pub(super) async fn commit_changes(self: Arc<Self>, handle: Handle, last: bool) -> Result<Committed, SessionError> {
        let _turn = handle.commit_turn().await;
        let committed = self.commit_in_turn(&handle).await;
        if last {
            handle.close_head();
        }
        committed.map(|()| handle.committed())
    }

    async fn commit_in_turn(&self, handle: &Handle) -> Result<(), SessionError> {
        // What was destroyed goes first, whatever else fails.
        self.delete_doomed(handle).await?;
        handle.check_usable()?;
        let changes = handle.state().begin()?;
        match changes {
            None => Box::pin(self.keep_alive(handle)).await,
            Some(changes) => self.save(&mut Attempt::new(handle, changes)).await?,
        }
        self.delete_doomed(handle).await
    }

    /// What is rare is boxed, here and below: the memory that it would need is then no part of every commit.
    async fn delete_doomed(&self, handle: &Handle) -> Result<(), SessionError> {
        if handle.state().doomed().is_some() {
            Box::pin(self.delete_each_doomed(handle)).await?;
        }
        if handle.state().was_destroyed() && handle.was_presented() {
            handle.deliver(TokenChange::Removed);
        }
        Ok(())
    }

    /// Deletes the sessions that were destroyed or merged; one that cannot be deleted stays doomed.
    async fn delete_each_doomed(&self, handle: &Handle) -> Result<(), SessionError> {
        while let Some(doomed) = handle.state().doomed() {
            self.call(StoreOperation::Delete, self.backend.delete(doomed.id)).await?;
            handle.state().settle_doomed(doomed);
            self.report(SessionEvent::Destroyed { id: doomed.id, reason: doomed.reason.into() });
            if doomed.reason != Doom::Merged {
                handle.deliver(TokenChange::Removed);
            }
        }
        Ok(())
    }

    /// Writes the changes, with the places under limited values that they need.
    async fn save(&self, attempt: &mut Attempt<'_>) -> Result<(), SessionError> {
        let wanted = self.wanted(attempt.changes()?);
        // Before the session's own turn, so that nobody who has that waits for these.
        let mut places = self.places(wanted).await;
        let is_stored = attempt.base().is_ok();
        let saved = match is_stored {
            true => self.update(attempt, &mut places).await,
            false => self.create(attempt, &mut places).await,
        };
        if saved.is_err() {
            Box::pin(self.withdraw(places)).await;
        }
        saved
    }

    async fn create(&self, attempt: &mut Attempt<'_>, places: &mut Places<'_>) -> Result<(), SessionError> {
        attempt.handle.check_head()?;
        let mut id = attempt.changes()?.id();
        for _ in 0..MAX_IDS {
            match self.create_under(id, attempt, places).await? {
                Created::Created => return Ok(()),
                Created::Occupied => id = SessionId::generate(self.clock.now()),
            }
        }
        Err(SessionError::Contended { attempts: MAX_IDS })
    }

    async fn create_under(
        &self,
        id: SessionId,
        attempt: &mut Attempt<'_>,
        places: &mut Places<'_>,
    ) -> Result<Created, SessionError> {
        let now = self.clock.now();
        let token = Token::new(id, attempt.handle.next_secret()?);
        let secret = self.hasher.hash(&token);
        let changes = attempt.changes()?;
        let first = self.policy.first_header(self.schema, self.tag, secret, now);
        let header = self.policy.next_header(first, self.schema, changes, now);
        let write = self.write(changes.draft(), header, None, now)?;
        self.admit(id, places, write.entry.lifetime()).await?;
        attempt.begin_write();
        let created = self.call(StoreOperation::Create, pin!(self.backend.create(id, &write.entry))).await?;
        attempt.end_write();
        if created == Created::Created {
            let (base, cells) = write.done(now);
            attempt.settle(id, base, cells);
            self.report(SessionEvent::Created { id });
            attempt.handle.issue(Held::issued(token, secret), true);
        }
        Ok(created)
    }

    async fn update(&self, attempt: &mut Attempt<'_>, places: &mut Places<'_>) -> Result<(), SessionError> {
        let handle = attempt.handle;
        let id = attempt.changes()?.id();
        let mut token = renewed_token(handle, attempt.changes()?)?;
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
            let header = self.next_header(handle, base, changes, &mut token, now);
            let write = self.write(changes.draft(), header, Some(&base.header), now)?;
            self.admit(id, places, write.entry.lifetime()).await?;
            attempt.begin_write();
            let replaced = self.backend.update(id, revision, &write.entry);
            let updated = self.call(StoreOperation::Update, pin!(replaced)).await?;
            attempt.end_write();
            match updated {
                Updated::Updated => {
                    let remembers = attempt.changes()?.remember().is_some();
                    let (base, cells) = write.done(now);
                    let issued = token.map(|token| Held::issued(token, base.header.secret));
                    attempt.settle(id, base, cells);
                    self.announce(handle, id, issued, remembers);
                    return Ok(());
                }
                Updated::Gone => return Err(self.lose(attempt, id)),
                Updated::Conflict => {
                    let attempt_number = Box::pin(retries.again()).await?;
                    self.report(SessionEvent::Conflict { id, attempt: attempt_number });
                    Box::pin(self.catch_up(id, attempt, places)).await?;
                }
            }
        }
    }

    /// Does the changes again on what another request stored, if this one may still write there.
    async fn catch_up(
        &self,
        id: SessionId,
        attempt: &mut Attempt<'_>,
        places: &mut Places<'_>,
    ) -> Result<(), SessionError> {
        let Some((theirs, cells)) = self.follow(attempt.handle, id).await? else {
            return Err(self.lose(attempt, id));
        };
        attempt.changes_mut()?.replay(theirs, cells, self.clock.now())?;
        places.want(self.wanted(attempt.changes()?));
        Ok(())
    }

    /// The record is gone, and so are the changes.
    fn lose(&self, attempt: &mut Attempt<'_>, id: SessionId) -> SessionError {
        self.report(SessionEvent::WriteAfterDelete { id });
        attempt.give_up()
    }

    /// Lets the client know its new token, or how long it keeps the one it has.
    pub(super) fn announce(&self, handle: &Handle, id: SessionId, issued: Option<Held>, remembers: bool) {
        if let Some(held) = issued {
            self.report(SessionEvent::Renewed { id });
            handle.issue(held, false);
        } else if remembers {
            handle.reissue();
        }
    }

    /// Reads what another request stored, if this one may still write there.
    pub(super) async fn follow(&self, handle: &Handle, id: SessionId) -> Result<Option<(Base, Cells)>, SessionError> {
        match self.fetch(id).await? {
            Found::Live(base, cells) if handle.may_follow(&base) => {
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
        handle: &Handle,
        base: &Base,
        changes: &Changes,
        token: &mut Option<Token>,
        now: Timestamp,
    ) -> Header {
        let mut header = self.policy.next_header(base.header.clone(), self.schema, changes, now);
        match token {
            Some(token) if changes.privilege() != Privilege::Kept => self.renew(&mut header, token, now),
            _ => {
                let due = handle.due_with(base, header.remembered, now);
                let rotated = self.apply(due, changes.id(), &mut header, now);
                *token = rotated.inspect_err(|error| warnings::rotation_failed(changes.id(), error)).ok().flatten();
            }
        }
        header
    }

    /// What keeps a session going that is only read.
    async fn keep_alive(&self, handle: &Handle) {
        if !self.rotate_if_due(handle).await {
            self.touch_if_due(handle).await;
        }
    }
}

/// A new token, if the changes ask for one.
fn renewed_token(handle: &Handle, changes: &Changes) -> Result<Option<Token>, SessionError> {
    if changes.privilege() == Privilege::Kept {
        return Ok(None);
    }
    handle.check_head()?;
    Ok(Some(Token::new(changes.id(), handle.next_secret()?)))
}

pub(crate) fn new_secret() -> Result<Secret, SessionError> {
    Secret::generate().map_err(|error| SessionError::Random(error.into()))
}
