//! Trying again what the database gave up for reasons that pass.

use std::{future::Future, time::Duration};

use scs::store::StoreError;
use tokio::time::{Instant, sleep};

/// How long an operation is tried again.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// How many connections in a row may turn out to be dead: all those that a pool held when its server went away.
const DEAD_CONNECTIONS: u32 = 32;

/// Why a statement failed, and whether the operation may succeed if it is tried again.
///
/// Every operation may be: a write that was applied although its answer was lost recognises its own revision, as long as
/// nobody has written since. Then it is in [doubt](Tried::doubt).
pub struct Failure {
    pub(super) error: StoreError,
    pub(super) remedy: Remedy,
}

/// What helps against a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing that a store can do.
    None,
    /// Another connection: this one broke, perhaps long ago while nobody used it.
    AnotherConnection,
    /// A little time: others were in the way.
    Time,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, remedy: Remedy::None }
    }
}

/// What became of an operation.
pub(super) struct Tried<T> {
    pub(super) done: T,
    /// How an earlier try broke off, of which nobody knows whether it was applied.
    pub(super) doubt: Option<StoreError>,
}

/// Runs an operation until it succeeds, nothing helps or patience ends.
pub(super) async fn retrying<T, F>(run: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Failure>>,
{
    trying(run).await.map(|tried| tried.done)
}

/// The same, and whether an earlier try may have been applied.
pub(super) async fn trying<T, F>(mut run: impl FnMut() -> F) -> Result<Tried<T>, StoreError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let end = Instant::now() + PATIENCE;
    let mut doubt = None;
    for attempt in 0.. {
        let Failure { error, remedy } = match run().await {
            Ok(done) => return Ok(Tried { done, doubt }),
            Err(failure) => failure,
        };
        if remedy == Remedy::None || Instant::now() >= end {
            return Err(error);
        }
        if remedy == Remedy::AnotherConnection {
            doubt = Some(error);
        }
        if remedy == Remedy::Time || attempt >= DEAD_CONNECTIONS {
            sleep(pause(attempt)).await;
        }
    }
    unreachable!("attempts do not end before patience does")
}

/// A random part of a time that doubles with each attempt, so that those in each other's way part.
fn pause(attempt: u32) -> Duration {
    let longest = Duration::from_millis(1 << attempt.min(4)).min(LONGEST_PAUSE);
    longest.mul_f64(fastrand::f64())
}
