use std::{marker::PhantomData, sync::Arc, time::Duration};

use super::{
    Policy, SessionEvent, SessionManager, deviations, engine::Engine, namesakes, namesakes::Residence,
    reporter::Reporter,
};
use crate::{
    error::ConfigError,
    record::MAX_BYTES,
    schema::SchemaTag,
    store::Kept,
    time::{Clock, SharedClock, SystemClock},
    typed_session::Session,
};

/// Browsers keep no cookie longer (RFC 6265bis §5.5), so no session is remembered longer either.
const LONGEST_REMEMBERED: Duration = Duration::from_hours(400 * 24);

/// Whoever comes later with a replaced token did not send it at the same time as the new one.
const LONGEST_GRACE: Duration = Duration::from_mins(5);

/// No header and no token fits into less.
const SMALLEST_RECORD: usize = 256;

/// Settings for a [`SessionManager`], made by [`SessionManager::builder`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder<S, B> {
    backend: Arc<B>,
    kept: Kept,
    policy: Policy,
    clock: Arc<dyn Clock>,
    reporter: Reporter,
    application: Option<String>,
    schema: PhantomData<fn() -> S>,
}

impl<S: Session, B> Builder<S, B> {
    pub(super) fn new(backend: Arc<B>, kept: Kept) -> Self {
        let policy = Policy { store_timeout: kept.default_timeout(), ..Policy::default() };
        let (clock, reporter) = (Arc::new(SystemClock), Reporter::default());
        Self { backend, kept, policy, clock, reporter, application: None, schema: PhantomData }
    }

    /// Keeps the sessions of this application apart from those of others whose schema has the same name in the same store: none
    /// opens, lists or ends a session of another. Tokens and everything that sessions are found by belong to the name, so
    /// sessions that began under another name, or under none, do not open any more.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = Some(name.into());
        self
    }

    /// How long a session lives without a request; 30 minutes by default (OWASP ASVS 5.0, 7.3.1).
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.policy.idle = timeout;
        self
    }

    /// How long a session lives at most; 24 hours by default (OWASP ASVS 5.0, 7.3.2).
    ///
    /// Renewing the token does not restart it. Only setting a `renews` field to a value does.
    pub const fn absolute_timeout(mut self, timeout: Duration) -> Self {
        self.policy.absolute = timeout;
        self
    }

    /// How long a session that is [remembered](crate::TypedSession::remember) lives without a
    /// request and at most; 14 and 30 days by default.
    pub const fn remembered_timeouts(mut self, idle: Duration, absolute: Duration) -> Self {
        self.policy.remembered_idle = idle;
        self.policy.remembered_absolute = absolute;
        self
    }

    /// The most bytes a record may have; 64 KiB (65,536) by default.
    pub const fn max_record_size(mut self, bytes: usize) -> Self {
        self.policy.max_record_size = bytes;
        self
    }

    /// How long one call of the store may take, waiting for a connection included; by default what
    /// [the store](crate::store::Store::default_timeout) says: 1 second, and 3 for SQL.
    pub const fn store_timeout(mut self, timeout: Duration) -> Self {
        self.policy.store_timeout = timeout;
        self
    }

    /// How often the token is renewed on its own, at the next request that opens the session; never by default.
    ///
    /// Nobody is logged out by it, neither by parallel requests with the old token nor by a response that gets
    /// lost: the old token works until the new one is first presented, and a [grace](Self::renewal_grace) longer.
    /// A sealed cookie is another one each time it is written, and is not renewed beyond that.
    pub const fn renew_every(mut self, period: Duration) -> Self {
        self.policy.renew_every = Some(period);
        self
    }

    /// How long the old token works after a periodic renewal, counted from when the new one was presented; 10 seconds by
    /// default, 5 minutes at most. A client that goes on with the old token is offered another new one after the same time, up
    /// to three in all. After signing in or out and after [`renew`](crate::TypedSession::renew) there is no grace.
    pub const fn renewal_grace(mut self, grace: Duration) -> Self {
        self.policy.renewal_grace = grace;
        self
    }

    /// Ends a session when a token comes back that a periodic renewal has replaced, after its grace, or a new one of
    /// which another was presented first: somebody has a copy. By default such a client is anonymous and there is an event, `token_reuse`.
    pub const fn end_on_token_reuse(mut self) -> Self {
        self.policy.ends_on_token_reuse = true;
        self
    }

    /// How long a session lives whose token was never presented: one that was made for a visitor who never came back, as
    /// crawlers do not. By default as long as any other, because people take their time to fill in a form. The first
    /// request that brings the token back costs one write, which gives the session its idle timeout.
    pub const fn first_visit_timeout(mut self, timeout: Duration) -> Self {
        self.policy.first_visit = Some(timeout);
        self
    }

    /// Calls the application with each event of its sessions' lives: audit logs, back-channel logout, alarms.
    ///
    /// It is called once an event has happened, and can neither prevent nor undo it, not even by a panic. The
    /// response waits for it: send what takes time elsewhere. It must not wait for a commit of the session that it is
    /// told of, which may be under way: spawn a task for that.
    ///
    /// ```
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// use scs::SessionEvent;
    ///
    /// # fn main() -> Result<(), scs::ConfigError> {
    /// let (events, audit) = std::sync::mpsc::channel();
    /// let sessions = SessionManager::<Visitor, _>::builder(MemoryStore::new())
    ///     .on_event(move |event| {
    ///         if let SessionEvent::Destroyed { id, reason } = *event {
    ///             let _ = events.send((id, reason));
    ///         }
    ///     })
    ///     .build()?;
    /// # drop(audit);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_event(mut self, hook: impl Fn(&SessionEvent) + Send + Sync + 'static) -> Self {
        self.reporter.hook = Some(Arc::new(hook));
        self
    }

    /// Where "now" comes from; the system's clock by default. A test that injects a clock gives the
    /// same one to its store, [`MemoryStore::with_clock`](crate::MemoryStore::with_clock).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The manager with these settings. What lasts longer than by default is logged, as a warning of the target `scs::policy`.
    ///
    /// # Errors
    ///
    /// Settings that contradict each other, or another type of the same schema name in the same store: unless one chose the
    /// name by `#[session(name = "..")]`, they are two schemas.
    pub fn build(self) -> Result<SessionManager<S, B>, ConfigError> {
        self.kept.check()?;
        check_timeouts("", self.policy.idle, self.policy.absolute)?;
        check_timeouts("remembered ", self.policy.remembered_idle, self.policy.remembered_absolute)?;
        if self.policy.remembered_absolute > LONGEST_REMEMBERED {
            return Err(ConfigError::new(
                "the remembered absolute timeout is longer than the 400 days a browser keeps a cookie",
            ));
        }
        if self.policy.max_record_size > MAX_BYTES {
            return Err(ConfigError::new("`max_record_size` is above 16 MiB, which no record is read beyond"));
        }
        if self.policy.max_record_size < SMALLEST_RECORD {
            return Err(ConfigError::new("`max_record_size` is below 256 bytes, which no session fits into"));
        }
        if self.policy.store_timeout.is_zero() {
            return Err(ConfigError::new("the store timeout is zero, so every store call would fail"));
        }
        if self.policy.renew_every.is_some_and(|period| period.is_zero()) {
            return Err(ConfigError::new("`renew_every` is zero; leave it out to renew only when `renew` is called"));
        }
        if self.policy.first_visit.is_some_and(|timeout| timeout.as_millis() == 0 || timeout > self.policy.idle) {
            return Err(ConfigError::new(
                "`first_visit_timeout` is below a millisecond or longer than the idle timeout; choose one between",
            ));
        }
        if self.policy.renewal_grace > LONGEST_GRACE {
            return Err(ConfigError::new("`renewal_grace` is longer than 5 minutes, so a stolen token would work on"));
        }
        if self.application.as_ref().is_some_and(String::is_empty) {
            return Err(ConfigError::new("the application's name is empty; leave it out, or choose one"));
        }
        let residence = self.settle().map_err(ConfigError::new)?;
        deviations::warn(S::SCHEMA.name, &self.policy);
        Ok(self.with_residence(Ok(residence)))
    }

    pub(crate) fn build_unchecked(self) -> SessionManager<S, B> {
        let residence = self.settle();
        self.with_residence(residence)
    }

    fn tag(&self) -> SchemaTag {
        S::SCHEMA.tag(self.application.as_deref())
    }

    fn settle(&self) -> Result<Option<Residence>, String> {
        namesakes::settle::<S>(&self.kept, self.tag())
    }

    fn with_residence(self, residence: Result<Option<Residence>, String>) -> SessionManager<S, B> {
        let tag = self.tag();
        let clock = SharedClock::new(self.clock);
        let mut engine = Engine::new(self.kept, S::SCHEMA, tag, self.policy, clock, self.reporter);
        engine.settle(residence);
        SessionManager::from_parts(engine, self.backend)
    }
}

fn check_timeouts(which: &str, idle: Duration, absolute: Duration) -> Result<(), ConfigError> {
    if idle.as_millis() == 0 {
        return Err(ConfigError::new(format!(
            "the {which}idle timeout is below a millisecond, so every session would be expired"
        )));
    }
    if idle > absolute {
        return Err(ConfigError::new(format!(
            "the {which}idle timeout ({idle:?}) is longer than the {which}absolute timeout ({absolute:?}); shorten it or lengthen the other"
        )));
    }
    Ok(())
}

impl<S, B> std::fmt::Debug for Builder<S, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("policy", &self.policy).finish_non_exhaustive()
    }
}
