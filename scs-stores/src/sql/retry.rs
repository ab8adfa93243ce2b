//! Trying again what the database gave up for reasons that pass.

use std::{future::Future, time::Duration};

use scs::store::StoreError;
use tokio::time::{Instant, sleep};

use crate::backoff::pause;

/// How long an operation is tried again.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause while the server takes no writes, as during a failover.
const LONGEST_FAILOVER_PAUSE: Duration = Duration::from_secs(1);

/// How many connections in a row may turn out to be dead: all those that a pool held when its server went away.
const DEAD_CONNECTIONS: u32 = 32;

/// Why a statement failed, and whether the operation may succeed if it is tried again.
///
/// Every operation may be: a write that was applied although its answer was lost recognises its own revision, as long as
/// nobody has written since. Then it is in [doubt](Tried::doubt).
pub struct Failure {
    pub(super) error: StoreError,
    pub(super) remedy: Remedy,
    /// Whether the statement may have been applied all the same, as far as the failure tells.
    pub(super) may_be_done: bool,
}

impl Failure {
    pub(super) const fn new(error: StoreError, remedy: Remedy) -> Self {
        Self { error, remedy, may_be_done: matches!(remedy, Remedy::AnotherConnection) }
    }

    /// It turned out that the connection is at its end.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) const fn ends_connection(&mut self) {
        (self.remedy, self.may_be_done) = (Remedy::AnotherConnection, true);
    }
}

/// What helps against a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    expect(dead_code, reason = "a file has no other connection and no other server")
)]
pub(super) enum Remedy {
    /// Nothing that a store can do.
    None,
    /// Another connection: this one broke, perhaps long ago while nobody used it.
    AnotherConnection,
    /// A connection that leads to another server, or some time until this one takes writes: it takes none.
    AnotherServer,
    /// A little time: others were in the way.
    Time,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error, Remedy::None)
    }
}

/// What became of an operation.
pub(super) struct Tried<T> {
    pub(super) done: T,
    /// How an earlier try broke off, of which nobody knows whether it was applied.
    pub(super) doubt: Option<StoreError>,
}

/// Runs an operation until it succeeds, nothing helps or patience ends.
pub(super) async fn retrying<T, F>(mut run: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Failure>>,
{
    trying(|_| run()).await.map(|tried| tried.done)
}

/// Runs an operation in the same way, which is told whether an earlier try may have been applied.
pub(super) async fn trying<T, F>(mut run: impl FnMut(bool) -> F) -> Result<Tried<T>, StoreError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let end = Instant::now() + PATIENCE;
    let mut doubt = None;
    for attempt in 0.. {
        let Failure { error, remedy, may_be_done } = match run(doubt.is_some()).await {
            Ok(done) => return Ok(Tried { done, doubt }),
            Err(failure) => failure,
        };
        if remedy == Remedy::None || Instant::now() >= end {
            return Err(error);
        }
        if may_be_done {
            doubt = Some(error);
        }
        match remedy {
            Remedy::AnotherServer if attempt > 0 => sleep(pause(LONGEST_FAILOVER_PAUSE, attempt)).await,
            Remedy::Time => sleep(pause(LONGEST_PAUSE, attempt)).await,
            _ if attempt >= DEAD_CONNECTIONS => sleep(pause(LONGEST_PAUSE, attempt)).await,
            _ => {}
        }
    }
    unreachable!("attempts do not end before patience does")
}
