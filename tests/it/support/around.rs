//! Stores with something around every call: gates, faults, steps.

use std::time::Duration;

use scs::{
    SessionId,
    store::{
        Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Revision, Store, StoreError,
        Stored, Term, Updated,
    },
};

/// What happens around each call of a store.
pub(crate) trait Around: Clone + Send + Sync + 'static {
    fn call<T: Send>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;
}

/// A store whose every call goes through `around`.
#[derive(Clone)]
pub(crate) struct Wrapped<S, A> {
    pub(crate) inner: S,
    pub(crate) around: A,
}

impl<S: Store, A: Around> Store for Wrapped<S, A> {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.around.call("create", self.inner.create(id, entry)).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.around.call("load", self.inner.load(id)).await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.around.call("update", self.inner.update(id, expected, entry)).await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.around.call("touch", self.inner.touch(id, expected, ttl)).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.around.call("delete", self.inner.delete(id)).await
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        self.around.call("delete_at", self.inner.delete_at(id, expected)).await
    }
}

impl<S: Iterate, A: Around> Iterate for Wrapped<S, A> {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        self.around.call("page", self.inner.page(cursor, limit)).await
    }
}

impl<S: Index, A: Around> Index for Wrapped<S, A> {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.around.call("find", self.inner.find(term, cursor, limit)).await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.around.call("forget", self.inner.forget(term, id)).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        self.around.call("delete_under", self.inner.delete_under(term, id)).await
    }
}

impl<S: Limit, A: Around> Limit for Wrapped<S, A> {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.around.call("admit", self.inner.admit(term, id, max, ttl)).await
    }
}

impl<S: Purge, A: Around> Purge for Wrapped<S, A> {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.around.call("purge", self.inner.purge(limit)).await
    }
}
