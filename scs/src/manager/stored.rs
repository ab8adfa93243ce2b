//! Sessions whose records are in a store.

use std::{future::ready, pin::pin, sync::Arc};

use bytes::Bytes;

use super::{
    Policy,
    engine::{Answer, BackendEngine, Engine, Found},
    event::{EndReason, SessionEvent, StoreOperation},
    policy::{expiry, touch_due},
    rotation::Standing,
    warnings,
};
#[cfg(feature = "csrf")]
use crate::token::SecretHash;
use crate::{
    error::{SessionError, StoreError},
    id::SessionId,
    store::Store,
    token::Token,
    typed_session::{Committed, Handle, Held, Outcome, Presented, Search},
};

impl<B: Store> BackendEngine<B> {
    /// Reads a record of this schema. Its expiry is checked here too, whatever the store filters.
    pub(super) async fn fetch(&self, id: SessionId) -> Result<Found, StoreError> {
        let stored = self.call(StoreOperation::Load, pin!(self.backend.load(id))).await?;
        Ok(self.found(id, stored, self.clock.now()))
    }

    /// Reads the session that a token opens: with its current secret, or the previous one in its grace.
    async fn fetch_by(&self, held: &Held) -> Result<Found, SessionError> {
        let stored = self.call(StoreOperation::Load, pin!(self.backend.load(held.id()))).await?;
        let now = self.clock.now();
        let found = self.found(held.id(), stored, now);
        let standing = match &found {
            Found::Live(base, _) => base.header.standing(held.secret(), now),
            Found::Expired => return Ok(found),
            Found::Nothing => Standing::Unknown,
        };
        match standing {
            Standing::Current | Standing::Previous => return Ok(found),
            Standing::Replaced => Box::pin(self.token_reused(held.id())).await?,
            Standing::Unknown => self.report(SessionEvent::UnknownToken),
        }
        Ok(Found::Nothing)
    }

    async fn token_reused(&self, id: SessionId) -> Result<(), SessionError> {
        self.report(SessionEvent::TokenReuse { id });
        if self.policy.ends_on_token_reuse {
            self.delete(id, EndReason::TokenReuse).await?;
        }
        Ok(())
    }

    async fn open_held(self: Arc<Self>, held: Held) -> Result<Handle, SessionError> {
        let id = held.id();
        let engine = Arc::clone(&self) as Arc<dyn Engine>;
        Ok(match self.fetch_by(&held).await? {
            Found::Live(base, cells) => match self.opened(Arc::clone(&engine), id, base, cells, Some(held))? {
                Some(handle) => handle,
                None => self.open_in_place_of(engine, id),
            },
            Found::Expired => self.open_new(engine, Outcome::Expired),
            Found::Nothing => self.open_new(engine, Outcome::Unknown),
        })
    }

    async fn absorb_into(&self, handle: &Handle, token: &Token) -> Result<bool, SessionError> {
        if token.id() == handle.state().id() {
            return Ok(false);
        }
        let Found::Live(base, cells) = self.fetch_by(&self.presented(token.clone())).await? else { return Ok(false) };
        handle.state().absorb(token.id(), &self.migrated(&base, cells)?);
        Ok(true)
    }

    async fn reload_into(&self, handle: &Handle) -> Result<(), SessionError> {
        let _turn = handle.commit_turn().await;
        let id = handle.state().id();
        if handle.state().is_new() {
            return Err(SessionError::Gone);
        }
        let fresh = match self.fetch(id).await? {
            Found::Live(base, cells) if handle.may_follow(&base) => {
                self.intact(&base, cells)?.map(|cells| self.stored_state(id, base, cells))
            }
            _ => None,
        };
        let Some(fresh) = fresh else {
            handle.end();
            return Err(SessionError::Gone);
        };
        handle.state().reset(fresh);
        handle.set_usable();
        Ok(())
    }

    /// Moves the record's expiry when enough of the idle timeout has passed. Failing to do so fails
    /// no response.
    pub(super) async fn touch_if_due(&self, handle: &Handle) {
        let Some(base) = handle.state().base() else { return };
        let now = self.clock.now();
        if touch_due(&base, now).is_none() {
            return;
        }
        let expires = expiry(&base.header, now);
        let id = handle.state().id();
        match self.call(StoreOperation::Touch, self.backend.touch(id, base.revision, expires.since(now))).await {
            Ok(()) => handle.state().touched(expires),
            Err(error) => warnings::touch_failed(id, &error),
        }
    }
}

impl<B: Store> Engine for BackendEngine<B> {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn read(&self, text: &[u8]) -> Presented {
        Token::parse(text).into()
    }

    #[cfg(feature = "csrf")]
    fn hash(&self, token: &Token) -> SecretHash {
        self.hasher.hash(token)
    }

    #[cfg(feature = "axum")]
    fn carried_as(self: Arc<Self>, _name: &str) -> Arc<dyn Engine> {
        self
    }

    fn open(self: Arc<Self>, presented: Presented) -> Answer<'static, Handle> {
        let outcome = match presented {
            Presented::Token(token) => {
                let held = self.presented(token);
                return Box::pin(self.open_held(held));
            }
            Presented::Nothing => Outcome::NoToken,
            Presented::Malformed => Outcome::Malformed,
            #[cfg(feature = "sealed")]
            Presented::Sealed(_) => Outcome::Malformed,
            Presented::Ambiguous => Outcome::Ambiguous,
        };
        let engine = Arc::clone(&self) as Arc<dyn Engine>;
        Box::pin(ready(Ok(self.open_without(engine, outcome))))
    }

    fn commit(self: Arc<Self>, handle: Handle, last: bool) -> Answer<'static, Committed> {
        Box::pin(self.commit_changes(handle, last))
    }

    fn claim<'a>(&'a self, handle: &'a Handle, slot: usize) -> Answer<'a, Option<Bytes>> {
        Box::pin(self.claim_value(handle, slot))
    }

    fn absorb<'a>(&'a self, handle: &'a Handle, token: &'a Token) -> Answer<'a, bool> {
        Box::pin(self.absorb_into(handle, token))
    }

    fn reload<'a>(&'a self, handle: &'a Handle) -> Answer<'a, ()> {
        Box::pin(self.reload_into(handle))
    }

    fn revoke_others<'a>(&'a self, handle: &'a Handle) -> Answer<'a, u64> {
        Box::pin(self.revoke_others_of(handle))
    }

    fn login<'a>(&'a self, handle: &'a Handle, account: Search) -> Answer<'a, bool> {
        Box::pin(self.login_into(handle, account))
    }
}
