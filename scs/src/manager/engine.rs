//! The engine: everything a manager does that does not depend on the user's types, nor on where records are kept.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;

use super::{
    Policy,
    event::{SessionEvent, StoreOperation},
    policy::is_from_the_future,
    queue::Queue,
    reporter::Reporter,
    time_limit::within,
};
#[cfg(feature = "csrf")]
use crate::token::SecretHash;
use crate::{
    error::{SessionError, StoreError, StoreErrorKind},
    id::SessionId,
    record::{Cells, Record},
    schema::{Schema, SchemaTag},
    state::{Base, State},
    store::Stored,
    term::Term,
    time::{Clock, Timestamp},
    token::{SecretHasher, Token},
    typed_session::{Committed, Handle, Held, Outcome, Presented, Search, Terms},
};

pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionError>> + Send + 'a>>;

/// What a session's handle asks of its manager, whatever the backend.
pub(crate) trait Engine: Send + Sync {
    fn policy(&self) -> &Policy;
    /// Reads what a client holds.
    fn read(&self, text: &[u8]) -> Presented;
    /// What a record keeps of a token.
    #[cfg(feature = "csrf")]
    fn hash(&self, token: &Token) -> SecretHash;
    /// The engine for tokens that travel under this name, of a cookie or a header.
    #[cfg(feature = "axum")]
    fn carried_as(self: Arc<Self>, name: &str) -> Arc<dyn Engine>;
    fn open(self: Arc<Self>, presented: Presented) -> Answer<'static, Handle>;
    /// `last`: the response head leaves right afterwards.
    fn commit(self: Arc<Self>, handle: Handle, last: bool) -> Answer<'static, Committed>;
    fn claim<'a>(&'a self, handle: &'a Handle, slot: usize) -> Answer<'a, Option<Bytes>>;
    fn absorb<'a>(&'a self, handle: &'a Handle, token: &'a Token) -> Answer<'a, bool>;
    fn reload<'a>(&'a self, handle: &'a Handle) -> Answer<'a, ()>;
    fn revoke_others<'a>(&'a self, handle: &'a Handle) -> Answer<'a, u64>;
    fn login<'a>(&'a self, handle: &'a Handle, account: Search) -> Answer<'a, bool>;
}

/// The manager behind its handles, whatever the backend.
pub(crate) struct BackendEngine<B> {
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

impl<B> BackendEngine<B> {
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
        self.reporter.report(self.schema.name, event, &*self.clock);
    }

    pub(super) fn found(&self, id: SessionId, stored: Option<Stored>, now: Timestamp) -> Found {
        stored.map_or(Found::Nothing, |stored| self.read(id, &stored, now))
    }

    pub(super) fn read(&self, id: SessionId, stored: &Stored, now: Timestamp) -> Found {
        let record = match Record::decode(stored.payload().clone(), self.schema, self.tag) {
            Ok(Some(record)) => record,
            Ok(None) => return Found::Nothing,
            Err(error) => {
                let event = SessionEvent::Unreadable { id };
                self.reporter.report_with(self.schema.name, event, Some(error), &*self.clock);
                return Found::Nothing;
            }
        };
        let Record { header, cells } = record;
        let expires = header.deadline.min(now + stored.ttl());
        if expires <= now {
            self.report(SessionEvent::Expired { id });
            return Found::Expired;
        }
        if is_from_the_future(&header, now) {
            self.report(SessionEvent::ClockSkew { id });
        }
        Found::Live(Base { header, revision: stored.revision(), expires }, cells)
    }

    pub(super) fn presented(&self, token: Token) -> Held {
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
    pub(super) fn intact(&self, base: &Base, cells: Cells) -> Result<Option<Cells>, SessionError> {
        let cells = self.migrated(base, cells)?;
        Ok(cells.check(self.schema)?.then_some(cells))
    }

    pub(super) fn stored_state(&self, id: SessionId, base: Base, cells: Cells) -> State {
        State::stored(self.schema, Arc::clone(&self.clock), id, base, cells)
    }

    /// The session of a record; `None` if it is to end because a value in it does not decode.
    pub(super) fn opened(
        &self,
        engine: Arc<dyn Engine>,
        id: SessionId,
        base: Base,
        cells: Cells,
        held: Option<Held>,
    ) -> Result<Option<Handle>, SessionError> {
        let Some(cells) = self.intact(&base, cells)? else { return Ok(None) };
        let state = self.stored_state(id, base, cells);
        Ok(Some(Handle::new(state, engine, Outcome::Loaded, held)))
    }

    pub(super) fn open_new(&self, engine: Arc<dyn Engine>, outcome: Outcome) -> Handle {
        Handle::new(self.new_state(), engine, outcome, None)
    }

    /// A new session in place of one that is to end.
    pub(super) fn open_in_place_of(&self, engine: Arc<dyn Engine>, invalid: SessionId) -> Handle {
        let state = self.new_state().in_place_of(invalid);
        Handle::new(state, engine, Outcome::Invalid, None)
    }

    /// A new session for a client without a token, and why it has none.
    pub(super) fn open_without(&self, engine: Arc<dyn Engine>, outcome: Outcome) -> Handle {
        match outcome {
            Outcome::Malformed => self.report(SessionEvent::Malformed),
            Outcome::Ambiguous => self.report(SessionEvent::DuplicateCookie),
            _ => {}
        }
        self.open_new(engine, outcome)
    }
}
