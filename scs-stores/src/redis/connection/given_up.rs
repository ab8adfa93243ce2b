//! What happens when a caller gives up before the answer.

use std::sync::{Arc, atomic::Ordering};

use tokio::runtime::Handle;

use super::{Held, Shared};

/// A call that waits for its answer. Dropped before, it has the connection checked in the background.
///
/// A request gives up at its deadline or when its client goes away, mostly before the driver notices that the server is
/// silent. The driver's own timeout ends with the call, and a dead connection would be kept for ever. The answer needs no
/// care: the driver reads it when it comes, and drops it.
pub(super) struct Waiting<'a> {
    shared: &'a Arc<Shared>,
    held: &'a Arc<Held>,
    is_answered: bool,
}

impl<'a> Waiting<'a> {
    pub(super) const fn new(shared: &'a Arc<Shared>, held: &'a Arc<Held>) -> Self {
        Self { shared, held, is_answered: false }
    }

    pub(super) fn end(mut self) {
        self.is_answered = true;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.held.is_checked.swap(true, Ordering::Relaxed) {
            runtime.spawn(check(Arc::clone(self.shared), Arc::clone(self.held)));
        }
    }
}

/// Asks for a sign of life, for all calls that were given up until it comes: answers come in the order of the questions.
async fn check(shared: Arc<Shared>, held: Arc<Held>) {
    // It may end with its runtime.
    let _checking = Checking(&held);
    let sign_of_life = held.live.clone().give_sign_of_life().await;
    // An error of the server is a sign of life too, unless it ends the connection.
    let _ = shared.judge(&held, sign_of_life);
}

/// A check that is under way.
struct Checking<'a>(&'a Held);

impl Drop for Checking<'_> {
    fn drop(&mut self) {
        self.0.is_checked.store(false, Ordering::Relaxed);
    }
}
