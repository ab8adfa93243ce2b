//! A store that writes down every call and fails when a test asks it to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Notify;

use scs::{
    MemoryStore, SessionId,
    store::{
        Admission, Created, Cursor, Entry, Index, Iterate, Limit, Page, Purge, Revision, Store, StoreError,
        StoreErrorKind, Stored, Term, Updated,
    },
};

#[derive(Clone)]
pub(crate) struct TestStore {
    pub(crate) inner: MemoryStore,
    calls: Arc<Mutex<Vec<&'static str>>>,
    faults: Arc<Mutex<VecDeque<(&'static str, Fault)>>>,
    gate: Arc<Notify>,
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
}

impl TestStore {
    pub(crate) fn new() -> Self {
        Self::over(MemoryStore::new())
    }

    pub(crate) fn over(inner: MemoryStore) -> Self {
        super::trace();
        Self { inner, calls: Arc::default(), faults: Arc::default(), gate: Arc::default() }
    }

    /// The next calls of this name fail, one per call of this method.
    pub(crate) fn fail_next(&self, call: &'static str, fault: Fault) {
        self.faults.lock().unwrap().push_back((call, fault));
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

    /// The calls since this was last asked.
    pub(crate) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn fault(&self, call: &'static str) -> Option<Fault> {
        self.calls.lock().unwrap().push(call);
        let mut faults = self.faults.lock().unwrap();
        let position = faults.iter().position(|(name, _)| *name == call)?;
        faults.remove(position).map(|(_, fault)| fault)
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
        }
    }
}

impl Store for TestStore {
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
}

impl Iterate for TestStore {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        self.run("page", self.inner.page(cursor, limit)).await
    }
}

impl Index for TestStore {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.run("find", self.inner.find(term, cursor, limit)).await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.run("forget", self.inner.forget(term, id)).await
    }
}

impl Limit for TestStore {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.run("admit", self.inner.admit(term, id, max, ttl)).await
    }
}

impl Purge for TestStore {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.run("purge", self.inner.purge(limit)).await
    }
}
