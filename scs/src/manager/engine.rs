//! The engine: everything a manager does that does not depend on the user's types, nor on the store's.

#[cfg(feature = "axum")]
use std::sync::Arc;
use std::{future::Future, pin::Pin};

use super::{
    Policy,
    event::{SessionEvent, StoreOperation},
    metrics::Timer,
    namesakes::Residence,
    policy::is_from_the_future,
    queue::Queue,
    reporter::Reporter,
    time_limit::within,
};
#[cfg(feature = "csrf")]
use crate::token::{Secret, SecretHash};
use crate::{
    error::{SessionError, StoreError, StoreErrorKind},
    id::SessionId,
    record::{Cells, Header, Record},
    schema::{OnInvalid, Schema, SchemaTag},
    state::{Base, Client, Held, Outcome, Phase, State},
    store::{Answer, ErasedStore, Kept, Stored},
    term::Term,
    time::{SharedClock, Timestamp},
    token::{SecretHasher, Token},
};

/// A boxed future whose type hides the store, so that a bound that fails is reported once.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionError>> + Send + 'a>>;

/// What a manager and the handles of its sessions share.
pub(crate) struct Engine {
    /// First, so that the name is given up before the store is, whose address another one may get.
    residency: Residency,
    pub(super) kept: Kept,
    pub(super) schema: &'static Schema,
    pub(super) tag: SchemaTag,
    /// Whether a field says what happens to a session whose stored value no longer decodes.
    checks_values: bool,
    pub(super) hasher: SecretHasher,
    pub(super) policy: Policy,
    pub(super) clock: SharedClock,
    pub(super) reporter: Reporter,
    pub(super) queue: Queue<SessionId>,
    /// Turns of sign-ins that need a place under one limited term.
    pub(super) admissions: Queue<Term>,
}

/// Whether the schema may use its store.
enum Residency {
    Settled(#[expect(dead_code, reason = "dropping it is what counts")] Option<Residence>),
    Refused(String),
}

/// A record as it was found.
pub(super) enum Found {
    Live(Base, Cells),
    /// It ended when another session took what it has; the other one may not have it yet.
    Given(Base, Cells),
    /// It is over. A caller that was given its secret reports the end.
    Expired(Header),
    /// Another schema's.
    Foreign,
    Nothing,
}

impl Found {
    pub(super) fn last_seen(&self) -> Option<Timestamp> {
        match self {
            Self::Live(base, _) | Self::Given(base, _) => Some(base.last_seen()),
            Self::Expired(_) | Self::Foreign | Self::Nothing => None,
        }
    }
}

impl Engine {
    pub(super) fn new(
        kept: Kept,
        schema: &'static Schema,
        tag: SchemaTag,
        policy: Policy,
        clock: SharedClock,
        reporter: Reporter,
    ) -> Self {
        let checks_values = schema.fields.iter().any(|field| !matches!(field.on_invalid, OnInvalid::Default));
        let (hasher, queue, admissions) = (SecretHasher::new(tag.0), Queue::default(), Queue::default());
        let residency = Residency::Settled(None);
        Self { residency, kept, schema, tag, checks_values, hasher, policy, clock, reporter, queue, admissions }
    }

    /// Takes the schema's name in the store. If it is refused, every call is, as a wrong configuration.
    pub(super) fn settle(&mut self, residence: Result<Option<Residence>, String>) {
        self.residency = match residence {
            Ok(residence) => Residency::Settled(residence),
            Err(why) => {
                // So that each call asks `call`.
                self.kept.wait();
                Residency::Refused(why)
            }
        };
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The store; `None` if clients carry their sessions.
    pub(super) const fn store(&self) -> Option<&ErasedStore> {
        self.kept.store()
    }

    /// Whether clients carry their sessions.
    #[cfg(feature = "axum")]
    pub(crate) const fn is_sealed(&self) -> bool {
        self.store().is_none()
    }

    /// The engine for tokens that travel under this name, of a cookie or a header: sealed ones open under no other.
    #[cfg(feature = "axum")]
    #[cfg_attr(not(feature = "sealed"), expect(unused_variables, reason = "stored sessions open under any name"))]
    pub(crate) fn carried_as(self: &Arc<Self>, name: &str) -> Arc<Self> {
        match &self.kept {
            Kept::Store(_) => Arc::clone(self),
            #[cfg(feature = "sealed")]
            Kept::Sealed(cookies) => {
                let kept = Kept::Sealed(cookies.carried_as(name));
                let (policy, reporter) = (self.policy.clone(), self.reporter.clone());
                Arc::new(Self::new(kept, self.schema, self.tag, policy, self.clock.clone(), reporter))
            }
        }
    }

    /// Whether opening a session never waits.
    #[cfg(feature = "axum")]
    pub(crate) fn opens_at_once(&self) -> bool {
        self.store().is_some_and(|store| store.answers_at_once)
    }

    /// Hashes a secret that the session of this id will have.
    #[cfg(feature = "csrf")]
    pub(crate) fn hash(&self, id: SessionId, secret: Secret) -> SecretHash {
        self.hasher.hash(&Token::new(id, secret))
    }

    /// Makes one call of the store, within its deadline. A call that is answered at once needs none.
    pub(super) async fn call<'a, T>(
        &self,
        operation: StoreOperation,
        ask: impl FnOnce() -> Answer<'a, T>,
    ) -> Result<T, StoreError> {
        if let Residency::Refused(why) = &self.residency {
            return Err(StoreError::new(StoreErrorKind::Configuration, why.clone()));
        }
        let timer = Timer::start();
        let answer = within(self.policy.store_timeout, ask()).await;
        self.answered(operation, timer, answer)
    }

    /// Notes how a call of the store ended.
    pub(super) fn answered<T>(
        &self,
        operation: StoreOperation,
        timer: Timer,
        answer: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        timer.stop(operation, answer.is_ok()).record(self.schema.name);
        answer.inspect_err(|error| {
            if let Some(event) = outage(operation, error.kind()) {
                self.report(event);
            }
        })
    }

    /// Whether a line of this kind, which clients can cause, may be logged now.
    #[cfg(feature = "axum")]
    pub(crate) fn may_log(&self, kind: &'static str) -> bool {
        self.reporter.may_log(kind, &self.clock)
    }

    pub(super) fn report(&self, event: SessionEvent) {
        self.reporter.report(self.schema.name, event, &self.clock);
    }

    #[inline]
    pub(super) fn read(&self, id: SessionId, stored: Stored, now: Timestamp) -> Found {
        let (payload, revision, ttl) = stored.into_parts();
        let record = match Record::decode(payload, self.schema, self.tag) {
            Ok(Some(record)) => record,
            Ok(None) => return Found::Foreign,
            Err(error) => {
                let event = SessionEvent::Unreadable { id };
                self.reporter.report_with(self.schema.name, event, Some(error), &self.clock);
                return Found::Nothing;
            }
        };
        let Record { mut header, cells } = record;
        let expires = match &self.kept {
            Kept::Store(_) => self.policy.shorten(&mut header, now + ttl),
            // A list of those that have ended needs the deadline as it was sealed.
            #[cfg(feature = "sealed")]
            Kept::Sealed(_) => header.deadline,
        };
        if expires <= now {
            return Found::Expired(header);
        }
        if is_from_the_future(&header, now) {
            self.report(SessionEvent::ClockSkew { id });
        }
        let base = Base { header, revision, expires };
        match cells.has_unnamed() && cells.given_to().is_some() {
            true => Found::Given(base, cells),
            false => Found::Live(base, cells),
        }
    }

    pub(super) fn presented(&self, token: Token) -> Held {
        let secret = self.hasher.hash(&token);
        Held::presented(token, secret)
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
        Ok((!self.checks_values || cells.check(self.schema)?).then_some(cells))
    }

    /// A session that no store knows yet.
    pub(crate) fn new_session(&self, outcome: Outcome, phase: Phase) -> State {
        State::new(self.schema, self.clock.clone(), Client::new(outcome, None, phase))
    }

    /// The session of a record that no client presented; `None` if it is to end because a value in it does not decode.
    pub(super) fn listed_session(
        &self,
        id: SessionId,
        base: Base,
        cells: Cells,
    ) -> Result<Option<State>, SessionError> {
        let client = Client::new(Outcome::Loaded, None, Phase::Detached);
        Ok(self.intact(&base, cells)?.map(|cells| self.stored_session(id, base, cells, client)))
    }

    #[inline]
    pub(super) fn stored_session(&self, id: SessionId, base: Base, cells: Cells, client: Client) -> State {
        State::stored(self.schema, self.clock.clone(), id, base, cells, client)
    }
}

/// The event of a call that failed; an oversized record is not an outage.
pub(super) fn outage(operation: StoreOperation, kind: StoreErrorKind) -> Option<SessionEvent> {
    (kind != StoreErrorKind::TooLarge).then_some(SessionEvent::Outage { operation, kind })
}
