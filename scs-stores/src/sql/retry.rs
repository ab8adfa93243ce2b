//! Trying again what the database gave up for reasons that pass.

use std::{future::Future, time::Duration};

use scs::store::StoreError;
use tokio::time::{Instant, sleep};

/// How long an operation is tried again.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How many connections in a row may turn out to be dead: all those that a pool held when its server went away.
const DEAD_CONNECTIONS: u32 = 32;

/// Why a statement failed, and whether the operation may succeed if it is tried again.
///
/// Every operation may be: a write that was applied although its answer was lost recognises its own revision.
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
    #[cfg_attr(
        not(any(feature = "mysql", feature = "postgres")),
        expect(dead_code, reason = "connections to a file do not break")
    )]
    AnotherConnection,
    /// A little time: others were in the way.
    Time,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, remedy: Remedy::None }
    }
}

/// Runs an operation until it succeeds, nothing helps or patience ends.
pub(super) async fn retrying<T, F>(mut run: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let end = Instant::now() + PATIENCE;
    for attempt in 0.. {
        match run().await {
            Ok(done) => return Ok(done),
            Err(Failure { error, remedy }) if remedy == Remedy::None || Instant::now() >= end => return Err(error),
            Err(Failure { remedy: Remedy::AnotherConnection, .. }) if attempt < DEAD_CONNECTIONS => {}
            Err(_) => sleep(pause(attempt)).await,
        }
    }
    unreachable!("attempts do not end before patience does")
}

/// A random part of a time that doubles with each attempt, so that those in each other's way part.
fn pause(attempt: u32) -> Duration {
    let longest = Duration::from_millis(1 << attempt.min(6)).min(LONGEST_PAUSE);
    longest.mul_f64(fastrand::f64())
}
