//! Stores chosen at run time.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use super::{
    Admission, Created, Cursor, Entry, Index, Iterate, Limit, Page, Purge, Revision, SessionId, Store, StoreError,
    Stored, Term, Updated,
};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

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
pub struct AnyStore(Arc<dyn Everything>);

impl AnyStore {
    /// Hides which store it is.
    pub fn new(store: impl Complete) -> Self {
        store.hide()
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore(..)")
    }
}

/// Stores that can do everything: [`Iterate`], [`Index`], [`Limit`] and [`Purge`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot do everything that an `AnyStore` must",
    label = "this store lacks `Iterate`, `Index`, `Limit` or `Purge`",
    note = "give the store itself to `SessionManager::new`: then only what is used must be there"
)]
pub trait Complete: Sized {
    #[doc(hidden)]
    fn hide(self) -> AnyStore;
}

#[diagnostic::do_not_recommend]
impl<S: Iterate + Limit + Purge> Complete for S {
    fn hide(self) -> AnyStore {
        AnyStore(Arc::new(self))
    }
}

/// The store traits in an object-safe form.
trait Everything: Send + Sync {
    fn create<'a>(&'a self, id: SessionId, entry: &'a Entry) -> Answer<'a, Created>;
    fn load(&self, id: SessionId) -> Answer<'_, Option<Stored>>;
    fn update<'a>(&'a self, id: SessionId, expected: Revision, entry: &'a Entry) -> Answer<'a, Updated>;
    fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Answer<'_, ()>;
    fn delete(&self, id: SessionId) -> Answer<'_, bool>;
    fn page(&self, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<(SessionId, Stored)>>;
    fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<SessionId>>;
    fn forget(&self, term: Term, id: SessionId) -> Answer<'_, ()>;
    fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Answer<'_, Admission>;
    fn purge(&self, limit: usize) -> Answer<'_, usize>;
    fn default_timeout(&self) -> Duration;
}

impl<S: Iterate + Limit + Purge> Everything for S {
    fn create<'a>(&'a self, id: SessionId, entry: &'a Entry) -> Answer<'a, Created> {
        Box::pin(Store::create(self, id, entry))
    }

    fn load(&self, id: SessionId) -> Answer<'_, Option<Stored>> {
        Box::pin(Store::load(self, id))
    }

    fn update<'a>(&'a self, id: SessionId, expected: Revision, entry: &'a Entry) -> Answer<'a, Updated> {
        Box::pin(Store::update(self, id, expected, entry))
    }

    fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Answer<'_, ()> {
        Box::pin(Store::touch(self, id, expected, ttl))
    }

    fn delete(&self, id: SessionId) -> Answer<'_, bool> {
        Box::pin(Store::delete(self, id))
    }

    fn page(&self, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<(SessionId, Stored)>> {
        Box::pin(Iterate::page(self, cursor, limit))
    }

    fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Answer<'_, Page<SessionId>> {
        Box::pin(Index::find(self, term, cursor, limit))
    }

    fn forget(&self, term: Term, id: SessionId) -> Answer<'_, ()> {
        Box::pin(Index::forget(self, term, id))
    }

    fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Answer<'_, Admission> {
        Box::pin(Limit::admit(self, term, id, max, ttl))
    }

    fn purge(&self, limit: usize) -> Answer<'_, usize> {
        Box::pin(Purge::purge(self, limit))
    }

    fn default_timeout(&self) -> Duration {
        Store::default_timeout(self)
    }
}

impl Store for AnyStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.0.create(id, entry).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.0.load(id).await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.0.update(id, expected, entry).await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.0.touch(id, expected, ttl).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.0.delete(id).await
    }

    fn default_timeout(&self) -> Duration {
        self.0.default_timeout()
    }
}

impl Iterate for AnyStore {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        self.0.page(cursor, limit).await
    }
}

impl Index for AnyStore {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.0.find(term, cursor, limit).await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.0.forget(term, id).await
    }
}

impl Limit for AnyStore {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.0.admit(term, id, max, ttl).await
    }
}

impl Purge for AnyStore {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.0.purge(limit).await
    }
}
