//! The store contract, as the store in memory keeps it.

use std::{sync::atomic::Ordering, time::Duration};

use super::{MemoryStore, SHARDS, index::Posting, lock, shard};
use crate::store::{
    Admission, Created, Cursor, Entry, Index, Iterate, Limit, Page, Purge, Revision, SessionId, Store, StoreError,
    Stored, Term, Updated,
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
        let (updated, replaced) = shard.update(id, expected, entry, now, |terms| self.0.post(id, terms, entry, now));
        if replaced.is_some() {
            self.0.unpost(id, entry.dropped_terms());
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
        let now = self.0.now();
        let mut shard = self.0.shard(id);
        let Some(held) = shard.remove(id) else { return Ok(false) };
        self.0.unpost(id, &held.terms);
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
        drop(shard);
        Ok(held.is_live(now))
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
        let (_, after) = shard::read_cursor(cursor.as_ref());
        let now = self.0.now();
        let items = self.0.index(term).after(term, after, limit.max(1), now);
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
