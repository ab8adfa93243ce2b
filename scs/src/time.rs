//! Points in time and the clocks that give them.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A point in time, in whole milliseconds since the Unix epoch.
///
/// Arithmetic saturates: no clock reading and no configuration can make it overflow.
///
/// ```
/// use std::time::Duration;
/// use scs::Timestamp;
///
/// let noon = Timestamp::from_unix_millis(43_200_000);
/// assert_eq!((noon + Duration::from_secs(1)).as_unix_millis(), 43_201_000);
/// assert_eq!(noon.since(noon + Duration::from_secs(1)), Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The time this many milliseconds after the Unix epoch.
    pub const fn from_unix_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_unix_millis(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(saturating_millis(duration)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(saturating_millis(duration)))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(saturating_millis(since_epoch))
    }
}

impl From<Timestamp> for SystemTime {
    /// Beyond what the platform can express, the epoch itself.
    fn from(time: Timestamp) -> Self {
        UNIX_EPOCH.checked_add(Duration::from_millis(time.0)).unwrap_or(UNIX_EPOCH)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({} ms)", self.0)
    }
}

/// Whole milliseconds of a duration; a duration beyond 584 million years is `u64::MAX`.
pub(crate) fn saturating_millis(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000).saturating_add(u64::from(duration.subsec_millis()))
}

/// Where every "now" of the framework comes from.
///
/// Applications keep the default, [`SystemClock`]; tests inject a [`ManualClock`].
pub trait Clock: Any + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The operating system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        HELD.get().unwrap_or_else(|| SystemTime::now().into())
    }
}

thread_local! {
    /// The time that the system's clock shows this thread while it is held.
    static HELD: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// The clock of a manager. The system's costs nothing to share, and one reading of it serves an operation together
/// with the store call that the operation makes.
#[derive(Clone)]
pub(crate) enum SharedClock {
    System,
    Injected(Arc<dyn Clock>),
}

impl SharedClock {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        match (&*clock as &dyn Any).is::<SystemClock>() {
            true => Self::System,
            false => Self::Injected(clock),
        }
    }

    /// Makes a call during which the system's clock shows this thread the time that was read before it.
    pub(crate) fn hold<R>(&self, now: Timestamp, call: impl FnOnce() -> R) -> R {
        let _held = matches!(self, Self::System).then(|| Hold(HELD.replace(Some(now))));
        call()
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        match self {
            Self::System => SystemClock.now(),
            Self::Injected(clock) => clock.now(),
        }
    }
}

/// Nanoseconds since the Unix epoch; while the system's clock is held, of what it shows. On Linux reading it is no system
/// call where the time is that of the processor.
pub(crate) fn nanoseconds() -> u64 {
    let since_epoch = match HELD.get() {
        Some(held) => Duration::from_millis(held.0),
        None => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
    };
    since_epoch.as_secs().wrapping_mul(1_000_000_000).wrapping_add(u64::from(since_epoch.subsec_nanos()))
}

/// Lets the clock go on, also after a panic, from what it showed before.
struct Hold(Option<Timestamp>);

impl Drop for Hold {
    fn drop(&mut self) {
        HELD.set(self.0);
    }
}

/// A clock that stands still until it is moved, for tests that must not sleep.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use scs::{Clock, ManualClock, Timestamp};
///
/// let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(0)));
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), Timestamp::from_unix_millis(60_000));
/// ```
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that shows `start`.
    pub const fn new(start: Timestamp) -> Self {
        Self(AtomicU64::new(start.0))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }

    /// Sets the clock, backwards too.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.0, Ordering::Release);
    }
}

impl Default for ManualClock {
    /// A clock that shows the first moment of 2026.
    fn default() -> Self {
        Self::new(Timestamp(1_767_225_600_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Acquire))
    }
}
