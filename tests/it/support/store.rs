//! A store that writes down every call and fails when a test asks it to, or at random.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Notify;

use scs::{
    MemoryStore, SessionId,
    store::{
        Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Revision, Store, StoreError,
        StoreErrorKind, Stored, Term, Updated,
    },
};

#[derive(Clone)]
pub(crate) struct TestStore<S = MemoryStore> {
    pub(crate) inner: S,
    calls: Arc<Mutex<Vec<&'static str>>>,
    faults: Arc<Mutex<Faults>>,
    gate: Arc<Notify>,
    answers_at_once: bool,
}

/// What is to fail.
#[derive(Default)]
struct Faults {
    next: VecDeque<(&'static str, Fault)>,
    /// One call of so many fails, in a way that is drawn.
    random: Option<(fastrand::Rng, usize)>,
}

impl Faults {
    fn of(&mut self, call: &'static str) -> Option<Fault> {
        if let Some(position) = self.next.iter().position(|(name, _)| *name == call) {
            return self.next.remove(position).map(|(_, fault)| fault);
        }
        let (random, of) = self.random.as_mut()?;
        (random.usize(..*of) == 0).then(|| Fault::RANDOM[random.usize(..Fault::RANDOM.len())])
    }
}

/// How a call fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Nothing was done, and the caller is told.
    Refused,
    /// It was done, and the answer got lost.
    AnswerLost,
    /// There is never an answer, and nothing was done.
    Hangs,
    /// It is done when the test says so.
    Waits,
    /// It is done, and the answer comes when the test says so.
    AnswerWaits,
    /// It is done a moment later.
    Late,
    /// It is done, and the store panics.
    Panics,
}

impl Fault {
    /// Those that happen by themselves; most often the answer is lost.
    const RANDOM: [Self; 6] =
        [Self::AnswerLost, Self::AnswerLost, Self::AnswerLost, Self::Refused, Self::Hangs, Self::Late];
}

impl TestStore {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new())
    }

    /// One that answers at once, and for which no fault may wait.
    pub(crate) fn at_once() -> Self {
        Self { answers_at_once: true, ..Self::new() }
    }
}

impl<S> TestStore<S> {
    pub(crate) fn over(inner: S) -> Self {
        super::trace();
        Self { inner, calls: Arc::default(), faults: Arc::default(), gate: Arc::default(), answers_at_once: false }
    }

    /// From now on one call of so many fails; the seed says which and how.
    pub(crate) fn fail_at_random(&self, seed: u64, one_of: usize) {
        self.faults.lock().unwrap().random = Some((fastrand::Rng::with_seed(seed), one_of));
    }

    /// The next calls of this name fail, one per call of this method.
    pub(crate) fn fail_next(&self, call: &'static str, fault: Fault) {
        self.faults.lock().unwrap().next.push_back((call, fault));
    }

    /// The next call of this name waits for [`release`](Self::release).
    pub(crate) fn delay_next(&self, call: &'static str) {
        self.fail_next(call, Fault::Waits);
    }

    /// The next call of this name is done at once, and its answer waits for [`release`](Self::release).
    pub(crate) fn delay_answer(&self, call: &'static str) {
        self.fail_next(call, Fault::AnswerWaits);
    }

    pub(crate) fn release(&self) {
        self.gate.notify_one();
    }

    /// Until a call of this name has come. Forgets those before.
    pub(crate) async fn reached(&self, call: &str) {
        while !self.take_calls().contains(&call) {
            tokio::task::yield_now().await;
        }
    }

    /// The calls since this was last asked.
    pub(crate) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn fault(&self, call: &'static str) -> Option<Fault> {
        self.calls.lock().unwrap().push(call);
        self.faults.lock().unwrap().of(call)
    }

    async fn run<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let down = || StoreError::new(StoreErrorKind::Unavailable, "the test says so");
        match self.fault(call) {
            None => work.await,
            Some(Fault::Refused) => Err(down()),
            Some(Fault::AnswerLost) => work.await.and(Err(down())),
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::Waits) => {
                self.gate.notified().await;
                work.await
            }
            Some(Fault::AnswerWaits) => {
                let answer = work.await;
                self.gate.notified().await;
                answer
            }
            Some(Fault::Late) => {
                tokio::time::sleep(Duration::from_millis(2)).await;
                work.await
            }
            Some(Fault::Panics) => {
                work.await?;
                panic!("the store panics, as the test says")
            }
        }
    }
}

impl<S: Store> Store for TestStore<S> {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.run("create", self.inner.create(id, entry)).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.run("load", self.inner.load(id)).await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.run("update", self.inner.update(id, expected, entry)).await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.run("touch", self.inner.touch(id, expected, ttl)).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.run("delete", self.inner.delete(id)).await
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        self.run("delete_at", self.inner.delete_at(id, expected)).await
    }

    fn answers_at_once(&self) -> bool {
        self.answers_at_once
    }
}

impl<S: Iterate> Iterate for TestStore<S> {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        self.run("page", self.inner.page(cursor, limit)).await
    }
}

impl<S: Index> Index for TestStore<S> {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.run("find", self.inner.find(term, cursor, limit)).await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.run("forget", self.inner.forget(term, id)).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        self.run("delete_under", self.inner.delete_under(term, id)).await
    }
}

impl<S: Limit> Limit for TestStore<S> {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.run("admit", self.inner.admit(term, id, max, ttl)).await
    }
}

impl<S: Purge> Purge for TestStore<S> {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.run("purge", self.inner.purge(limit)).await
    }
}
