//! Turns: one after the other, in the order of asking.

use tokio::sync::{Mutex as FairMutex, MutexGuard as FairMutexGuard};

/// Waits for the turn. Mostly nobody else has it; the memory that waiting needs is then no part of the caller.
pub(super) async fn turn(turns: &FairMutex<()>) -> FairMutexGuard<'_, ()> {
    match turns.try_lock() {
        Ok(turn) => turn,
        Err(_) => Box::pin(turns.lock()).await,
    }
}
