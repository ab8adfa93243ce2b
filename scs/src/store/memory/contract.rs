//! The store contract, as the store in memory keeps it.

use std::{sync::Arc, time::Duration};

use super::{MemoryStore, SHARDS, index::Posting, lock, shard};
use crate::store::{
    Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Revision, SessionId, Store,
    StoreError, Stored, Term, Updated,
};

impl Store for MemoryStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.0.insert(id, entry)
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        let now = self.0.now();
        Ok(self.0.shard(id).live(id, now).map(|held| held.stored(now)))
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let now = self.0.now();
        let mut shard = self.0.shard(id);
        if !self.0.has_places(id, entry, now) && !shard.live(id, now).is_some_and(|held| held.is(entry)) {
            return Ok(Updated::NotAdmitted);
        }
        let (updated, replaced) = shard.update(id, expected, entry, now, |terms| self.0.post(id, terms, entry, now));
        if let Some(replaced) = &replaced {
            self.0.unpost(id, entry.dropped_terms());
            self.0.note_sign_in(replaced.is_authenticated, entry.is_authenticated());
        }
        drop(shard);
        drop(replaced);
        Ok(updated)
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        let now = self.0.now();
        self.0.shard(id).touch(id, expected, now, now + ttl);
        Ok(())
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        Ok(self.0.delete_if(id, |_| true))
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        let mut seen = Deleted::Gone;
        let deleted = self.0.delete_if(id, |held| {
            seen = Deleted::Conflict;
            held.has(expected)
        });
        Ok(if deleted { Deleted::Deleted } else { seen })
    }

    fn identity(&self) -> Option<u64> {
        Some(Arc::as_ptr(&self.0).addr() as u64)
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}

impl Iterate for MemoryStore {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        let now = self.0.now();
        let (number, after) = shard::read_cursor(cursor.as_ref());
        let Some(records) = self.0.shards.get(number) else { return Ok(Page { items: Vec::new(), next: None }) };
        let items = lock(records).live_after(after, limit.max(1), now);
        let next = match items.last() {
            Some((last, _)) if items.len() >= limit.max(1) => Some(shard::cursor(number, Some(*last))),
            _ if number + 1 < SHARDS => Some(shard::cursor(number + 1, None)),
            _ => None,
        };
        Ok(Page { items, next })
    }
}

impl Index for MemoryStore {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        let (_, before) = shard::read_cursor(cursor.as_ref());
        let now = self.0.now();
        let items = self.0.index(term).before(term, before, limit.max(1), now);
        let next = items.last().filter(|_| items.len() >= limit.max(1)).map(|last| shard::cursor(0, Some(*last)));
        Ok(Page { items, next })
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        let now = self.0.now();
        let shard = self.0.shard(id);
        // A record that came to have the term meanwhile keeps its entry.
        if !shard.live(id, now).is_some_and(|held| held.terms.contains(&term)) {
            self.0.unpost(id, &[term]);
        }
        Ok(())
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        let deleted = self.0.delete_if(id, |held| held.terms.contains(&term));
        self.forget(term, id).await.map(|()| deleted)
    }
}

impl Limit for MemoryStore {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        let now = self.0.now();
        Ok(self.0.index(term).admit(term, id, max, Posting { attached: now, expires: now + ttl }))
    }
}

impl Purge for MemoryStore {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        Ok(self.0.purge(limit))
    }
}
