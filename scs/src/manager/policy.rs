//! Policy: how long sessions live, and what a commit makes of a record's header.

use std::{fmt, time::Duration};

use crate::{
    record::Header,
    schema::{Schema, SchemaTag},
    state::{Base, Changes, Held, Privilege, Source},
    time::{Timestamp, saturating_millis},
    token::SecretHash,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How far the clocks of servers may differ.
pub(super) const CLOCK_SKEW: Duration = MINUTE;

/// The effective settings of a [`SessionManager`](crate::SessionManager).
///
/// `Display` prints them one per line, for the documentation that OWASP ASVS 5.0 (7.1.1) asks for.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) idle: Duration,
    pub(crate) absolute: Duration,
    pub(crate) remembered_idle: Duration,
    pub(crate) remembered_absolute: Duration,
    pub(crate) max_record_size: usize,
    pub(crate) store_timeout: Duration,
    pub(crate) renew_every: Option<Duration>,
    pub(crate) renewal_grace: Duration,
    pub(crate) ends_on_token_reuse: bool,
    pub(crate) first_visit: Option<Duration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            idle: 30 * MINUTE,
            absolute: DAY,
            remembered_idle: 14 * DAY,
            remembered_absolute: 30 * DAY,
            max_record_size: 64 * 1024,
            store_timeout: Duration::from_secs(1),
            renew_every: None,
            renewal_grace: Duration::from_secs(10),
            ends_on_token_reuse: false,
            first_visit: None,
        }
    }
}

impl Policy {
    /// How long a session lives without a request.
    pub const fn idle_timeout(&self) -> Duration {
        self.idle
    }

    /// How long a session lives at most.
    pub const fn absolute_timeout(&self) -> Duration {
        self.absolute
    }

    /// How long a remembered session lives without a request.
    pub const fn remembered_idle_timeout(&self) -> Duration {
        self.remembered_idle
    }

    /// How long a remembered session lives at most.
    pub const fn remembered_absolute_timeout(&self) -> Duration {
        self.remembered_absolute
    }

    /// The most bytes a record may have.
    pub const fn max_record_size(&self) -> usize {
        self.max_record_size
    }

    /// How long one call of the store may take.
    pub const fn store_timeout(&self) -> Duration {
        self.store_timeout
    }

    /// How often the token is renewed on its own; `None` for never.
    pub const fn renewal_period(&self) -> Option<Duration> {
        self.renew_every
    }

    /// How long the token before a periodic renewal works once the new one was presented.
    pub const fn renewal_grace(&self) -> Duration {
        self.renewal_grace
    }

    /// Whether a token that comes back after its grace ends the session.
    pub const fn ends_on_token_reuse(&self) -> bool {
        self.ends_on_token_reuse
    }

    /// How long a session lives whose token was never presented; `None` for as long as any other.
    pub const fn first_visit_timeout(&self) -> Option<Duration> {
        self.first_visit
    }

    /// Applies what was shortened since the record was written, and says when the session expires.
    #[inline]
    pub(super) fn shorten(&self, header: &mut Header, expires: Timestamp) -> Timestamp {
        let (idle, absolute) = self.timeouts(header.remembered);
        // A later deadline than any that was set since then under this policy.
        if header.deadline > header.written + absolute {
            header.deadline = header.deadline.min(header.signed_in() + absolute);
        }
        if header.idle <= idle {
            return expires.min(header.deadline);
        }
        let last_seen = header.written.max(expires - header.idle);
        header.idle = idle;
        expires.min(header.deadline).min(last_seen + idle)
    }

    /// When a record that is written or touched now expires.
    pub(crate) fn expiry(&self, header: &Header, now: Timestamp) -> Timestamp {
        let idle = match self.first_visit.filter(|_| header.is_first_visit()) {
            Some(first_visit) => first_visit.min(header.idle),
            None => header.idle,
        };
        header.deadline.min(now + idle)
    }

    /// When a stored session is to expire after being touched now; `None` while that would gain less
    /// than a tenth of the idle timeout or a minute, whichever is less.
    pub(crate) fn touch_due(&self, base: &Base, now: Timestamp) -> Option<Timestamp> {
        let expires = self.expiry(&base.header, now);
        let gain = expires.as_unix_millis().saturating_sub(base.expires.as_unix_millis());
        let throttle = (saturating_millis(base.header.idle) / 10).min(saturating_millis(MINUTE));
        (gain >= throttle && gain > 0).then_some(expires)
    }

    /// The header of a record that is about to be created.
    pub(super) fn first_header(&self, schema: &Schema, tag: SchemaTag, secret: SecretHash, began: Timestamp) -> Header {
        Header {
            schema: tag,
            version: schema.version,
            created: began,
            written: began,
            authenticated: None,
            renewed: began,
            deadline: began + self.absolute,
            idle: self.idle,
            remembered: false,
            secret,
            presented: None,
            others: None,
        }
    }

    /// The header after these changes. Only setting a `renews` field to a value restarts the absolute
    /// timeout or lengthens it for a remembered session (OWASP ASVS 5.0, 7.3.2). Taking over a sign-in does not: it proves
    /// nothing again.
    pub(super) fn next_header(&self, former: &Header, schema: &Schema, changes: &Changes, now: Timestamp) -> Header {
        let mut header = former.written_at(now, schema);
        // The account that is signed in now did not ask for it.
        header.remembered = changes.remember().unwrap_or(former.remembered && !changes.changes_account());
        let (idle, absolute) = self.timeouts(header.remembered);
        if changes.privilege() == Privilege::Authenticated {
            header.idle = idle;
            if changes.signs_in() {
                header.authenticated = Some(now);
                header.deadline = now + absolute;
            }
            for Source { base, .. } in changes.moved_from() {
                let since = base.header.signed_in();
                header.authenticated = Some(header.authenticated.map_or(since, |own| own.min(since)));
                header.deadline = header.deadline.min(base.header.deadline);
            }
        } else if changes.remember() == Some(false) {
            header.idle = header.idle.min(idle);
            header.deadline = header.deadline.min(header.signed_in() + absolute);
        } else if former.remembered && !header.remembered {
            header.idle = header.idle.min(idle);
            header.deadline = header.deadline.min(now + absolute);
        }
        if let Some(deadline) = changes.deadline() {
            header.deadline = header.deadline.min(deadline);
        }
        header
    }

    const fn timeouts(&self, remembered: bool) -> (Duration, Duration) {
        match remembered {
            true => (self.remembered_idle, self.remembered_absolute),
            false => (self.idle, self.absolute),
        }
    }
}

impl Header {
    /// Notes when the client first presented the current token, in a write that happens anyway.
    pub(super) fn note_presented(&mut self, held: &Held, now: Timestamp) {
        if self.presented.is_none() && held.was_presented() && self.secret.matches(held.secret()) {
            self.presented = Some(now);
        }
    }

    /// Whether a write under this header ends something that worked under the former one: a token, or some of the time.
    pub(super) fn takes_away(&self, former: &Self) -> bool {
        !former.secret.matches(&self.secret) || self.deadline < former.deadline || self.idle < former.idle
    }

    /// The header of a record that is written now.
    pub(super) fn written_at(&self, now: Timestamp, schema: &Schema) -> Self {
        let mut header = self.clone();
        header.version = header.version.max(schema.version);
        header.written = now;
        header
    }
}

/// Whether a record was written later than any right clock can show.
pub(super) fn is_from_the_future(header: &Header, now: Timestamp) -> bool {
    header.written > now + CLOCK_SKEW
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "idle timeout: {}", Readable(self.idle))?;
        writeln!(f, "absolute timeout: {}", Readable(self.absolute))?;
        writeln!(f, "remembered idle timeout: {}", Readable(self.remembered_idle))?;
        writeln!(f, "remembered absolute timeout: {}", Readable(self.remembered_absolute))?;
        writeln!(f, "largest record: {} bytes", self.max_record_size)?;
        writeln!(f, "store timeout: {:?}", self.store_timeout)?;
        match self.renew_every {
            Some(period) => {
                writeln!(f, "periodic renewal: every {}, grace {:?}", Readable(period), self.renewal_grace)?;
            }
            None => writeln!(f, "periodic renewal: never")?,
        }
        if let Some(timeout) = self.first_visit {
            writeln!(f, "first visit timeout: {}", Readable(timeout))?;
        }
        write!(f, "reused token: {}", if self.ends_on_token_reuse { "ends the session" } else { "is reported" })
    }
}

/// A duration in the largest unit that divides it.
pub(super) struct Readable(pub(super) Duration);

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(DAY, "d"), (HOUR, "h"), (MINUTE, "min")] {
            if self.0.as_nanos().is_multiple_of(unit.as_nanos()) {
                return write!(f, "{} {name}", self.0.as_secs() / unit.as_secs());
            }
        }
        write!(f, "{:?}", self.0)
    }
}
