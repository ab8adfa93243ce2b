//! Steps: every store call waits once on its way in and once on its way out.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
};

use scs::store::StoreError;

use crate::support::Around;

#[derive(Clone, Default)]
pub(super) struct Steps {
    is_on: Arc<AtomicBool>,
    /// Counts the polls from outside: within one of them a call may be polled more than once.
    polls: Arc<AtomicUsize>,
    meanwhile: Arc<Mutex<Vec<Meanwhile>>>,
}

/// What another process does just before the first call of this name reaches the store.
type Meanwhile = (&'static str, Box<dyn FnOnce() + Send>);

impl Steps {
    /// Calls wait from now on.
    pub(super) fn begin(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// Nothing waits any more, and nobody interferes.
    pub(super) fn end(&self) {
        self.is_on.store(false, Ordering::Relaxed);
        self.meanwhile.lock().unwrap().clear();
    }

    /// Whoever waits goes one step on.
    pub(super) fn next(&self) {
        self.polls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn meanwhile(&self, call: &'static str, act: impl FnOnce() + Send + 'static) {
        self.meanwhile.lock().unwrap().push((call, Box::new(act)));
    }

    async fn wait(&self) {
        let began = self.polls.load(Ordering::Relaxed);
        let goes_on = || !self.is_on.load(Ordering::Relaxed) || self.polls.load(Ordering::Relaxed) > began;
        poll_fn(|_| if goes_on() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    fn interfere(&self, name: &'static str) {
        let mut meanwhile = self.meanwhile.lock().unwrap();
        let position = meanwhile.iter().position(|(call, _)| *call == name);
        let act = position.map(|position| meanwhile.remove(position).1);
        drop(meanwhile);
        if let Some(act) = act {
            act();
        }
    }
}

impl Around for Steps {
    async fn call<T: Send>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.wait().await;
        self.interfere(name);
        let answer = work.await;
        self.wait().await;
        answer
    }
}
