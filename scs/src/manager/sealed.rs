//! Sessions that their clients carry, sealed.

use std::{future::ready, sync::Arc, time::Duration};

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{
    Policy,
    attempt::Attempt,
    engine::{Answer, BackendEngine, Engine, Found},
    event::{SessionEvent, StoreOperation},
    policy::{CLOCK_SKEW, is_from_the_future, touch_due},
    warnings,
    write::Write,
};
#[cfg(feature = "csrf")]
use crate::token::SecretHash;
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Draft, Header},
    revision::Revision,
    sealed::{LONGEST_TEXT, Revocation, SealedCookies},
    state::{Base, Doom, Privilege},
    store::Stored,
    time::Timestamp,
    token::Token,
    typed_session::{Committed, Handle, Held, Outcome, Presented, Search, TokenChange},
};

/// The manager behind sessions that travel under one name.
pub(crate) struct SealedEngine<R> {
    shared: Arc<BackendEngine<SealedCookies<R>>>,
    carrier: Box<str>,
}

impl<R: Revocation> SealedEngine<R> {
    pub(crate) fn new(shared: Arc<BackendEngine<SealedCookies<R>>>) -> Self {
        let carrier = shared.backend.default_carrier().into();
        Self { shared, carrier }
    }

    async fn open_text(self: Arc<Self>, text: Zeroizing<String>) -> Result<Handle, SessionError> {
        let shared = Arc::clone(&self.shared);
        let Some((id, record)) = shared.backend.open(&self.carrier, shared.tag, &text) else {
            shared.report(SessionEvent::DecryptFailed);
            return Ok(shared.open_new(self, Outcome::Unknown));
        };
        Ok(match self.look(id, record).await? {
            Found::Live(base, cells) => {
                let held = Held::presented(Token::sealed(id, text), base.header.secret);
                match shared.opened(Arc::clone(&self) as Arc<dyn Engine>, id, base, cells, Some(held))? {
                    Some(handle) => handle,
                    None => shared.open_in_place_of(self, id),
                }
            }
            Found::Expired => shared.open_new(self, Outcome::Expired),
            Found::Nothing => shared.open_new(self, Outcome::Unknown),
        })
    }

    /// Whether the record of a text that opened is a session still.
    async fn look(&self, id: SessionId, record: Bytes) -> Result<Found, SessionError> {
        let now = self.shared.clock.now();
        let found = self.found(id, record, now);
        if !matches!(found, Found::Live(..)) {
            return Ok(found);
        }
        let revoked = self.shared.backend.revocation().is_revoked(id);
        Ok(match self.shared.call(StoreOperation::Load, revoked).await? {
            true => {
                self.shared.report(SessionEvent::UnknownToken);
                Found::Nothing
            }
            false => found,
        })
    }

    /// Its deadlines are those that were sealed with it.
    fn found(&self, id: SessionId, record: Bytes, now: Timestamp) -> Found {
        match self.shared.read(id, &Stored::new(record, Revision::random(), Duration::MAX), now) {
            Found::Live(base, _) if is_from_the_future(&base.header, now) => Found::Nothing,
            Found::Live(base, cells) => {
                let expires = base.expires.min(base.header.written + base.header.idle);
                if expires <= now {
                    self.shared.report(SessionEvent::Expired { id });
                    return Found::Expired;
                }
                Found::Live(Base { expires, ..base }, cells)
            }
            found => found,
        }
    }

    async fn commit_changes(self: Arc<Self>, handle: Handle, last: bool) -> Result<Committed, SessionError> {
        let _turn = handle.commit_turn().await;
        let committed = self.commit_in_turn(&handle).await;
        if last {
            handle.close_head();
        }
        committed.map(|()| handle.committed())
    }

    async fn commit_in_turn(&self, handle: &Handle) -> Result<(), SessionError> {
        // What was destroyed goes first, whatever else fails.
        self.revoke_doomed(handle).await?;
        handle.check_usable()?;
        match handle.state().begin()? {
            None => self.keep_alive(handle),
            Some(changes) => self.save(&mut Attempt::new(handle, changes)).await?,
        }
        self.revoke_doomed(handle).await
    }

    async fn revoke_doomed(&self, handle: &Handle) -> Result<(), SessionError> {
        while let Some(doomed) = handle.state().doomed() {
            self.revoke(doomed.id).await?;
            handle.state().settle_doomed(doomed);
            self.shared.report(SessionEvent::Destroyed { id: doomed.id, reason: doomed.reason.into() });
            if doomed.reason != Doom::Merged {
                handle.deliver(TokenChange::Removed);
            }
        }
        if handle.state().was_destroyed() && handle.was_presented() {
            handle.deliver(TokenChange::Removed);
        }
        Ok(())
    }

    /// Revokes for as long as any copy of the session could live.
    async fn revoke(&self, id: SessionId) -> Result<(), SessionError> {
        let Policy { absolute, remembered_absolute, .. } = self.shared.policy;
        let revoked = self.shared.backend.revocation().revoke(id, absolute.max(remembered_absolute) + CLOCK_SKEW);
        Ok(self.shared.call(StoreOperation::Create, revoked).await?)
    }

    async fn save(&self, attempt: &mut Attempt<'_>) -> Result<(), SessionError> {
        attempt.handle.check_head()?;
        let now = self.shared.clock.now();
        let changes = attempt.changes()?;
        let former = changes.base().map(|base| base.header.clone());
        if former.as_ref().is_some_and(|former| former.deadline <= now) {
            self.shared.report(SessionEvent::WriteAfterDelete { id: changes.id() });
            return Err(attempt.give_up());
        }
        let renews = former.is_some() && changes.privilege() != Privilege::Kept;
        let former_id = changes.id();
        let id = if renews { SessionId::generate(now) } else { former_id };
        let header = self.header(attempt.handle, former.as_ref(), renews, now)?;
        let header = self.shared.policy.next_header(header, self.shared.schema, changes, now);
        let write = self.shared.write(changes.draft(), header, former.as_ref(), now)?;
        let token = self.seal(id, &write)?;
        if renews {
            self.revoke(former_id).await?;
        }
        let (base, cells) = write.done(now);
        let secret = base.header.secret;
        attempt.settle(id, base, cells);
        match former {
            None => self.shared.report(SessionEvent::Created { id }),
            Some(_) if renews => self.shared.report(SessionEvent::Renewed { id }),
            Some(_) => {}
        }
        attempt.handle.issue(Held::issued(token, secret), former.is_none());
        Ok(())
    }

    /// The header that the changes are made to. Its secret opens nothing; what must change with each sign-in is made of it.
    fn header(
        &self,
        handle: &Handle,
        former: Option<&Header>,
        renews: bool,
        now: Timestamp,
    ) -> Result<Header, SessionError> {
        let secret = || {
            let token = Token::new(handle.state().id(), handle.next_secret()?);
            Ok::<_, SessionError>(self.shared.hasher.hash(&token))
        };
        Ok(match former {
            None => self.shared.policy.first_header(self.shared.schema, self.shared.tag, secret()?, now),
            Some(former) if renews => Header { secret: secret()?, renewed: now, presented: None, ..former.clone() },
            Some(former) => former.clone(),
        })
    }

    fn seal(&self, id: SessionId, write: &Write) -> Result<Token, SessionError> {
        let text = self.shared.backend.seal(&self.carrier, self.shared.tag, id, write.entry.payload())?;
        Ok(Token::sealed(id, text))
    }

    /// Seals again what has not changed, when enough of the idle timeout has passed. Failing to do so fails no response.
    fn keep_alive(&self, handle: &Handle) {
        let now = self.shared.clock.now();
        let due = handle.state().base().filter(|base| touch_due(base, now).is_some());
        let Some(base) = due.filter(|base| now < base.header.deadline && handle.check_head().is_ok()) else { return };
        let id = handle.state().id();
        if let Err(error) = self.seal_again(handle, id, &base, now) {
            warnings::reseal_failed(id, &error);
        }
    }

    fn seal_again(&self, handle: &Handle, id: SessionId, base: &Base, now: Timestamp) -> Result<(), SessionError> {
        let header = Header { written: now, ..base.header.clone() };
        let draft = Draft::unchanged(handle.state().stored_cells());
        let write = self.shared.write(&draft, header, Some(&base.header), now)?;
        let token = self.seal(id, &write)?;
        let (base, cells) = write.done(now);
        let secret = base.header.secret;
        handle.state().rebase(base, cells);
        handle.issue(Held::issued(token, secret), false);
        Ok(())
    }

    async fn absorb_into(&self, handle: &Handle, token: &Token) -> Result<bool, SessionError> {
        let opened =
            token.sealed_text().and_then(|text| self.shared.backend.open(&self.carrier, self.shared.tag, text));
        let Some((id, record)) = opened.filter(|(id, _)| *id != handle.state().id()) else { return Ok(false) };
        let Found::Live(base, cells) = self.look(id, record).await? else { return Ok(false) };
        handle.state().absorb(id, &self.shared.migrated(&base, cells)?);
        Ok(true)
    }

    /// Nobody but this request can have changed the session, so what is stored is what it last sealed.
    async fn reload_into(&self, handle: &Handle) -> Result<(), SessionError> {
        let _turn = handle.commit_turn().await;
        let state = handle.state();
        let Some(base) = state.base().filter(|base| self.shared.clock.now() < base.expires) else {
            handle.end();
            return Err(SessionError::Gone);
        };
        state.reset(self.shared.stored_state(state.id(), base, state.stored_cells()));
        handle.set_usable();
        Ok(())
    }
}

impl<R: Revocation> Engine for SealedEngine<R> {
    fn policy(&self) -> &Policy {
        &self.shared.policy
    }

    fn read(&self, text: &[u8]) -> Presented {
        let text = Some(text).filter(|text| text.len() <= LONGEST_TEXT).and_then(|text| std::str::from_utf8(text).ok());
        text.map_or(Presented::Malformed, |text| Presented::Sealed(Zeroizing::new(text.to_owned())))
    }

    #[cfg(feature = "csrf")]
    fn hash(&self, token: &Token) -> SecretHash {
        self.shared.hasher.hash(token)
    }

    #[cfg(feature = "axum")]
    fn carried_as(self: Arc<Self>, name: &str) -> Arc<dyn Engine> {
        Arc::new(Self { shared: Arc::clone(&self.shared), carrier: name.into() })
    }

    fn open(self: Arc<Self>, presented: Presented) -> Answer<'static, Handle> {
        let outcome = match presented {
            Presented::Sealed(text) => return Box::pin(self.open_text(text)),
            Presented::Nothing => Outcome::NoToken,
            Presented::Ambiguous => Outcome::Ambiguous,
            Presented::Malformed | Presented::Token(_) => Outcome::Malformed,
        };
        let shared = Arc::clone(&self.shared);
        Box::pin(ready(Ok(shared.open_without(self, outcome))))
    }

    fn commit(self: Arc<Self>, handle: Handle, last: bool) -> Answer<'static, Committed> {
        Box::pin(self.commit_changes(handle, last))
    }

    /// Schemas that are sealed have no accessor that claims.
    fn claim<'a>(&'a self, _handle: &'a Handle, _slot: usize) -> Answer<'a, Option<Bytes>> {
        Box::pin(ready(Ok(None)))
    }

    fn absorb<'a>(&'a self, handle: &'a Handle, token: &'a Token) -> Answer<'a, bool> {
        Box::pin(self.absorb_into(handle, token))
    }

    fn reload<'a>(&'a self, handle: &'a Handle) -> Answer<'a, ()> {
        Box::pin(self.reload_into(handle))
    }

    /// Schemas that are sealed have no account that could be found.
    fn revoke_others<'a>(&'a self, _handle: &'a Handle) -> Answer<'a, u64> {
        Box::pin(ready(Ok(0)))
    }

    /// The same.
    fn login<'a>(&'a self, _handle: &'a Handle, _account: Search) -> Answer<'a, bool> {
        Box::pin(ready(Ok(false)))
    }
}
