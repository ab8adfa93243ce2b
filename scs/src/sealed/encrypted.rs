//! Encryption at rest: a store around a store.

use std::time::Duration;

use super::{envelope, ring::KeyRing};
use crate::{
    error::{StoreError, StoreErrorKind},
    id::SessionId,
    revision::Revision,
    store::{
        Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Store, Stored, Term, Updated,
    },
};

/// Separates records at rest from everything else that the same keys encrypt.
const PURPOSE: &[u8] = b"scs record at rest 1";

/// Encrypts the records of any store.
///
/// Each record is bound to its session's id: one that was moved under another id does not open, as one that was changed
/// or whose key is not in the ring, and the visitor is anonymous. Records are 45 bytes longer.
///
/// Nothing tells an older version of a record from the latest: who may write to the store can put a row back that was there
/// before, and it opens again, a session that had ended included. Encryption hides what is stored, and is no protection from those
/// who write there.
///
/// Ids, revisions, expiries and index terms stay readable for the store, which works with them. A term is a hash of a value,
/// so whoever reads the store can try out values: an account number can be guessed, the rest of its record not.
///
/// ```
/// use scs::{MemoryStore, Session, SessionManager, sealed::{Encrypted, Key}};
///
/// #[derive(Session)]
/// struct Visitor {
///     #[session(index, renews)]
///     account: Option<u64>,
///     diagnosis: Option<String>,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Encrypted::new(MemoryStore::new(), Key::generate()?);
/// let sessions = SessionManager::<Visitor, _>::new(store);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Encrypted<St> {
    store: St,
    keys: KeyRing,
}

impl<St> Encrypted<St> {
    /// A store whose records are encrypted with the current key of a ring, or with the only key.
    pub fn new(store: St, keys: impl Into<KeyRing>) -> Self {
        Self { store, keys: keys.into() }
    }

    fn seal(&self, id: SessionId, entry: &Entry) -> Result<Entry, StoreError> {
        let sealed = envelope::seal(self.keys.current(), &context(id), entry.payload());
        let sealed = sealed.map_err(|error| {
            let message = "the operating system gave no random bytes to encrypt a record with";
            StoreError::new(StoreErrorKind::Unavailable, message).with_source(error)
        })?;
        Ok(entry.with_payload(sealed))
    }

    fn open(&self, id: SessionId, stored: &Stored) -> Option<Stored> {
        let opened = envelope::open(&self.keys, &context(id), stored.payload());
        if opened.is_none() {
            tracing::warn!(target: "scs::session", %id, "a record does not decrypt; it is kept and the visitor is anonymous");
        }
        Some(Stored::new(opened?.to_vec(), stored.revision(), stored.ttl()))
    }
}

fn context(id: SessionId) -> [Vec<u8>; 2] {
    [PURPOSE.to_vec(), id.to_bytes().to_vec()]
}

impl<St: Store> Store for Encrypted<St> {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.store.create(id, &self.seal(id, entry)?).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        Ok(self.store.load(id).await?.and_then(|stored| self.open(id, &stored)))
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.store.update(id, expected, &self.seal(id, entry)?).await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.store.touch(id, expected, ttl).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.store.delete(id).await
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        self.store.delete_at(id, expected).await
    }

    fn identity(&self) -> Option<u64> {
        self.store.identity()
    }

    fn default_timeout(&self) -> Duration {
        self.store.default_timeout()
    }

    fn answers_at_once(&self) -> bool {
        self.store.answers_at_once()
    }
}

impl<St: Iterate> Iterate for Encrypted<St> {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        let Page { items, next } = self.store.page(cursor, limit).await?;
        let opened = items.iter().filter_map(|(id, stored)| Some((*id, self.open(*id, stored)?)));
        Ok(Page { items: opened.collect(), next })
    }
}

impl<St: Index> Index for Encrypted<St> {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.store.find(term, cursor, limit).await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.store.forget(term, id).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        self.store.delete_under(term, id).await
    }
}

impl<St: Limit> Limit for Encrypted<St> {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.store.admit(term, id, max, ttl).await
    }
}

impl<St: Purge> Purge for Encrypted<St> {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.store.purge(limit).await
    }
}
