//! Stores chosen at run time.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Revision, SessionId, Store,
    StoreError, Stored, Term, Updated,
    erased::{Answer, DynIndex, DynLimit, DynStore},
    kept::ErasedStore,
};

/// A store that was chosen at run time, for example by URL, and that can do everything.
///
/// ```
/// use scs::{MemoryStore, store::AnyStore};
///
/// let store = match "memory" {
///     "memory" => AnyStore::new(MemoryStore::new()),
///     other => panic!("no store called {other}"),
/// };
/// ```
#[derive(Clone)]
pub struct AnyStore(Arc<dyn Complete>);

/// Stores that can do everything: [`Iterate`], [`Index`], [`Limit`] and [`Purge`]. It is never implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot do everything that an `AnyStore` must",
    label = "this store lacks `Iterate`, `Index`, `Limit` or `Purge`",
    note = "give the store itself to `SessionManager::new`: then only what is used must be there"
)]
pub trait Complete: DynStore + DynIndex + DynLimit + 'static {
    #[doc(hidden)]
    fn page(&self, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<(SessionId, Stored)>>;
    #[doc(hidden)]
    fn purge(&self, limit: usize) -> Answer<'_, usize>;
}

#[diagnostic::do_not_recommend]
impl<B: Iterate + Limit + Purge> Complete for B {
    fn page(&self, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<(SessionId, Stored)>> {
        Answer::of(Store::answers_at_once(self), Iterate::page(self, cursor, limit))
    }

    fn purge(&self, limit: usize) -> Answer<'_, usize> {
        Answer::of(Store::answers_at_once(self), Purge::purge(self, limit))
    }
}

impl AnyStore {
    /// Hides which store it is.
    pub fn new(store: impl Complete) -> Self {
        Self(Arc::new(store))
    }

    pub(super) fn erased(&self) -> ErasedStore {
        let (index, limit): (Arc<dyn DynIndex>, Arc<dyn DynLimit>) = (self.0.clone(), self.0.clone());
        ErasedStore {
            answers_at_once: DynStore::answers_at_once(&*self.0),
            store: self.0.clone(),
            index: Some(index),
            limit: Some(limit),
        }
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore(..)")
    }
}

impl Store for AnyStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.0.create(id, entry).wait().await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.0.load(id).wait().await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.0.update(id, expected, entry).wait().await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.0.touch(id, expected, ttl).wait().await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.0.delete(id).wait().await
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        self.0.delete_at(id, expected).wait().await
    }

    fn identity(&self) -> Option<u64> {
        DynStore::identity(&*self.0)
    }

    fn default_timeout(&self) -> Duration {
        DynStore::default_timeout(&*self.0)
    }

    fn answers_at_once(&self) -> bool {
        DynStore::answers_at_once(&*self.0)
    }
}

impl Iterate for AnyStore {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        self.0.page(cursor, limit).wait().await
    }
}

impl Index for AnyStore {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.0.find(term, cursor, limit).wait().await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.0.forget(term, id).wait().await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        self.0.delete_under(term, id).wait().await
    }
}

impl Limit for AnyStore {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.0.admit(term, id, max, ttl).wait().await
    }
}

impl Purge for AnyStore {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.0.purge(limit).wait().await
    }
}
