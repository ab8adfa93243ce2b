//! The engine: everything a manager does that does not depend on the user's types.

use std::{
    future::{Future, ready},
    pin::{Pin, pin},
    sync::Arc,
};

use bytes::Bytes;

use super::{
    Policy,
    event::{EndReason, SessionEvent, StoreOperation},
    policy::{expiry, touch_due},
    queue::Queue,
    reporter::Reporter,
    rotation::Standing,
    time_limit::within,
    warnings,
};
use crate::{
    error::{SessionError, StoreError, StoreErrorKind},
    id::SessionId,
    record::{Cells, Record},
    schema::{Schema, SchemaTag},
    state::{Base, State},
    store::{Backend, Stored},
    term::Term,
    time::{Clock, Timestamp},
    token::{SecretHasher, Token},
    typed_session::{Committed, Handle, Held, Outcome, Presented, Search, Terms},
};

pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionError>> + Send + 'a>>;

/// What a session's handle asks of its manager, whatever the store.
pub(crate) trait Engine: Send + Sync {
    fn policy(&self) -> &Policy;
    fn open(self: Arc<Self>, presented: Presented) -> Answer<'static, Handle>;
    /// `last`: the response head leaves right afterwards.
    fn commit(self: Arc<Self>, handle: Handle, last: bool) -> Answer<'static, Committed>;
    fn claim<'a>(&'a self, handle: &'a Handle, slot: usize) -> Answer<'a, Option<Bytes>>;
    fn absorb<'a>(&'a self, handle: &'a Handle, token: &'a Token) -> Answer<'a, bool>;
    fn reload<'a>(&'a self, handle: &'a Handle) -> Answer<'a, ()>;
    fn revoke_others<'a>(&'a self, handle: &'a Handle) -> Answer<'a, u64>;
    fn login<'a>(&'a self, handle: &'a Handle, account: Search) -> Answer<'a, bool>;
}

pub(crate) struct StoreEngine<B> {
    pub(super) backend: B,
    pub(super) index: Option<Terms<B>>,
    pub(super) schema: &'static Schema,
    pub(super) tag: SchemaTag,
    pub(super) hasher: SecretHasher,
    pub(super) policy: Policy,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) reporter: Reporter,
    pub(super) queue: Queue<SessionId>,
    /// Turns of those who want a place under one limited term.
    pub(super) admissions: Queue<Term>,
}

/// A record as it was found.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and mostly it is the large one")]
pub(super) enum Found {
    Live(Base, Cells),
    Expired,
    Nothing,
}

impl Found {
    pub(super) fn last_seen(&self) -> Option<Timestamp> {
        match self {
            Self::Live(base, _) => Some(base.last_seen()),
            Self::Expired | Self::Nothing => None,
        }
    }
}

impl<B: Backend> StoreEngine<B> {
    pub(super) fn new(
        backend: B,
        index: Option<Terms<B>>,
        schema: &'static Schema,
        policy: Policy,
        clock: Arc<dyn Clock>,
        reporter: Reporter,
    ) -> Self {
        let tag = schema.tag();
        let hasher = SecretHasher::new(tag.0);
        let (queue, admissions) = (Queue::default(), Queue::default());
        Self { backend, index, schema, tag, hasher, policy, clock, reporter, queue, admissions }
    }

    /// Runs one call of the store under its deadline. An asynchronous function keeps what it is given more than
    /// once, so calls that every request makes are given pinned.
    pub(super) async fn call<T>(
        &self,
        operation: StoreOperation,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        #[cfg(feature = "metrics")]
        let started = std::time::Instant::now();
        let answer = within(self.policy.store_timeout, call).await;
        #[cfg(feature = "metrics")]
        super::metrics::time(self.schema.name, operation, started, answer.is_ok());
        answer.inspect_err(|error| self.report_failure(operation, error.kind()))
    }

    /// A record that is too large is nobody's outage.
    fn report_failure(&self, operation: StoreOperation, kind: StoreErrorKind) {
        if kind != StoreErrorKind::TooLarge {
            self.report(SessionEvent::Outage { operation, kind });
        }
    }

    pub(super) fn report(&self, event: SessionEvent) {
        self.reporter.report(self.schema.name, event);
    }

    /// Reads a record of this schema. Its expiry is checked here too, whatever the store filters.
    pub(super) async fn fetch(&self, id: SessionId) -> Result<Found, StoreError> {
        let stored = self.call(StoreOperation::Load, pin!(self.backend.fetch(id))).await?;
        Ok(self.found(id, stored, self.clock.now()))
    }

    fn found(&self, id: SessionId, stored: Option<Stored>, now: Timestamp) -> Found {
        stored.map_or(Found::Nothing, |stored| self.read(id, &stored, now))
    }

    pub(super) fn read(&self, id: SessionId, stored: &Stored, now: Timestamp) -> Found {
        let record = match Record::decode(stored.payload().clone(), self.schema, self.tag) {
            Ok(Some(record)) => record,
            Ok(None) => return Found::Nothing,
            Err(error) => {
                warnings::unreadable(id, &error);
                return Found::Nothing;
            }
        };
        let Record { header, cells } = record;
        let expires = header.deadline.min(now + stored.ttl());
        if expires <= now {
            self.report(SessionEvent::Expired { id });
            return Found::Expired;
        }
        Found::Live(Base { header, revision: stored.revision(), expires }, cells)
    }

    /// Reads the session that a token opens: with its current secret, or the previous one in its grace.
    async fn fetch_by(&self, held: &Held) -> Result<Found, SessionError> {
        let stored = self.call(StoreOperation::Load, pin!(self.backend.fetch(held.id()))).await?;
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

    fn presented(&self, token: Token) -> Held {
        let secret = self.hasher.hash(&token);
        Held::presented(token, secret)
    }

    fn new_state(&self) -> State {
        State::new(self.schema, Arc::clone(&self.clock))
    }

    /// The fields of a record, brought up to the schema's version.
    pub(super) fn migrated(&self, base: &Base, cells: Cells) -> Result<Cells, SessionError> {
        match base.header.version < self.schema.version {
            true => self.schema.migrate(base.header.version, &cells),
            false => Ok(cells),
        }
    }

    /// The same, unless one has a value that no longer decodes and the session is to end then.
    fn intact(&self, base: &Base, cells: Cells) -> Result<Option<Cells>, SessionError> {
        let cells = self.migrated(base, cells)?;
        Ok(cells.check(self.schema)?.then_some(cells))
    }

    fn stored_state(&self, id: SessionId, base: Base, cells: Cells) -> State {
        State::stored(self.schema, Arc::clone(&self.clock), id, base, cells)
    }

    /// The session of a record; `None` if it is to end because a value in it does not decode.
    pub(super) fn opened(
        self: &Arc<Self>,
        id: SessionId,
        base: Base,
        cells: Cells,
        held: Option<Held>,
    ) -> Result<Option<Handle>, SessionError> {
        let Some(cells) = self.intact(&base, cells)? else { return Ok(None) };
        let state = self.stored_state(id, base, cells);
        Ok(Some(Handle::new(state, Arc::clone(self) as Arc<dyn Engine>, Outcome::Loaded, held)))
    }

    fn open_new(self: Arc<Self>, outcome: Outcome) -> Handle {
        Handle::new(self.new_state(), self, outcome, None)
    }

    /// A new session in place of one that is to end.
    fn open_in_place_of(self: Arc<Self>, invalid: SessionId) -> Handle {
        let state = self.new_state().in_place_of(invalid);
        Handle::new(state, self, Outcome::Invalid, None)
    }

    async fn open_held(self: Arc<Self>, held: Held) -> Result<Handle, SessionError> {
        let id = held.id();
        Ok(match self.fetch_by(&held).await? {
            Found::Live(base, cells) => match self.opened(id, base, cells, Some(held))? {
                Some(handle) => handle,
                None => self.open_in_place_of(id),
            },
            Found::Expired => self.open_new(Outcome::Expired),
            Found::Nothing => self.open_new(Outcome::Unknown),
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
        match self.call(StoreOperation::Touch, self.backend.extend(id, base.revision, expires.since(now))).await {
            Ok(()) => handle.state().touched(expires),
            Err(error) => warnings::touch_failed(id, &error),
        }
    }
}

impl<B: Backend> Engine for StoreEngine<B> {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn open(self: Arc<Self>, presented: Presented) -> Answer<'static, Handle> {
        let outcome = match presented {
            Presented::Token(token) => {
                let held = self.presented(token);
                return Box::pin(self.open_held(held));
            }
            Presented::Nothing => Outcome::NoToken,
            Presented::Malformed => {
                self.report(SessionEvent::Malformed);
                Outcome::Malformed
            }
            Presented::Ambiguous => {
                self.report(SessionEvent::DuplicateCookie);
                Outcome::Ambiguous
            }
        };
        Box::pin(ready(Ok(self.open_new(outcome))))
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
