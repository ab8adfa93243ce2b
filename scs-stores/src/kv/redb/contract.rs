//! The store contract, as the store in a redb file keeps it.

use std::{sync::Arc, time::Duration};

use scs::store::{
    Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Revision, SessionId, Store,
    StoreError, StoreErrorKind, Stored, Term, Updated,
};

use super::{RedbStore, queue::Effort};

/// The largest payload, in bytes: everything that waits is in memory.
const LARGEST_PAYLOAD: usize = 16 * 1024 * 1024;

/// The largest payload, in bytes, that is written on the calling thread: copying it takes microseconds.
const LARGEST_BRIEF_PAYLOAD: usize = 64 * 1024;

/// Rows that a purge looks at within one transaction, so that other writes need not wait for all of it.
const PURGE_STEP: usize = 64;

impl Store for RedbStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let entry = checked(entry)?;
        self.write(effort(&entry), move |tables| tables.create(id, &entry)).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.read(|snapshot| snapshot.load(id)).await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let entry = checked(entry)?;
        self.write(effort(&entry), move |tables| tables.update(id, expected, &entry)).await
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.write(Effort::Brief, move |tables| tables.touch(id, expected, ttl)).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.write(Effort::Lasting, move |tables| tables.delete(id)).await
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        self.write(Effort::Lasting, move |tables| tables.delete_at(id, expected)).await
    }

    fn identity(&self) -> Option<u64> {
        Some(Arc::as_ptr(&self.0).addr() as u64)
    }
}

impl Iterate for RedbStore {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        let after = last_id(cursor.as_ref())?;
        self.read(|snapshot| snapshot.page(after, limit)).await
    }
}

impl Index for RedbStore {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        let before = last_id(cursor.as_ref())?;
        self.read(|snapshot| snapshot.find(term, before, limit)).await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.write(Effort::Brief, move |tables| tables.forget(term, id)).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        self.write(Effort::Lasting, move |tables| tables.delete_under(term, id)).await
    }
}

impl Limit for RedbStore {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.write(Effort::Long, move |tables| tables.admit(term, id, max, ttl)).await
    }
}

impl Purge for RedbStore {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        let mut deleted = 0;
        while deleted < limit {
            let left = limit - deleted;
            let purged = self.write(Effort::Long, move |tables| tables.purge(left, PURGE_STEP)).await?;
            deleted += purged.deleted;
            if purged.is_done {
                break;
            }
        }
        Ok(deleted)
    }
}

/// The entry, if it is one that this store takes.
fn checked(entry: &Entry) -> Result<Entry, StoreError> {
    let size = entry.payload().len();
    if size > LARGEST_PAYLOAD {
        let message = format!("a record of {size} bytes is more than the {LARGEST_PAYLOAD} that the redb store takes");
        return Err(StoreError::new(StoreErrorKind::TooLarge, message));
    }
    Ok(entry.clone())
}

/// What writing an entry takes.
fn effort(entry: &Entry) -> Effort {
    if entry.needs_full_durability() {
        Effort::Lasting
    } else if entry.payload().len() <= LARGEST_BRIEF_PAYLOAD {
        Effort::Brief
    } else {
        Effort::Long
    }
}

/// The last id of the page before.
fn last_id(cursor: Option<&Cursor>) -> Result<Option<SessionId>, StoreError> {
    let bytes = cursor.map(|cursor| <[u8; 16]>::try_from(cursor.as_bytes())).transpose();
    let bytes = bytes.map_err(|_| StoreError::new(StoreErrorKind::Other, "a cursor of another store"))?;
    Ok(bytes.map(SessionId::from_bytes))
}
