//! Reading through the cache and writing through it. The durable store decides; the cache is told.

use std::{sync::Arc, time::Duration};

use scs::{
    SessionId,
    store::{Created, Deleted, Entry, Index, Revision, Store, StoreError, Stored, Term, Updated},
};

use super::{
    burials::Burial,
    cache::{CacheTier, Change, Lease, Look},
    fences::{Fences, Ticket, Write},
};

/// The two stores, and what this process has written.
pub(super) struct Tiers<C, D> {
    pub(super) cache: Arc<CacheTier<C>>,
    pub(super) durable: D,
    pub(super) fences: Fences,
}

impl<C: Store, D: Store> Tiers<C, D> {
    pub(super) async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        let Some(ticket) = self.fences.ticket(id) else { return self.durable.load(id).await };
        // A cache that fails is no outage: the durable store has everything.
        let lease = match self.cache.look_up(id).await {
            Ok(Look::Hit(stored)) if self.fences.is_current(&ticket) => return Ok(Some(stored)),
            Ok(Look::Miss(lease)) => Some(lease),
            Ok(Look::Hit(_)) | Err(_) => None,
        };
        let found = self.durable.load(id).await?;
        if let (Some(stored), Some(lease)) = (&found, lease) {
            self.fill(id, &ticket, lease, stored).await;
        }
        Ok(found)
    }

    /// What the cache has, if it may be used.
    pub(super) async fn cached(&self, id: SessionId) -> Option<Stored> {
        let ticket = self.fences.ticket(id)?;
        match self.cache.look_up(id).await {
            Ok(Look::Hit(stored)) if self.fences.is_current(&ticket) => Some(stored),
            _ => None,
        }
    }

    async fn fill(&self, id: SessionId, ticket: &Ticket, lease: Lease, stored: &Stored) {
        if !self.fences.is_current(ticket) {
            return;
        }
        let _ = self.cache.fill(id, lease, stored, self.fences.age(ticket)).await;
        if !self.fences.is_current(ticket) {
            // A write came meanwhile, and may have told the cache before this did.
            self.settle(self.begin(id), Change::Unknown, true).await;
        }
    }

    pub(super) async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let write = self.begin(id);
        let created = self.durable.create(id, entry).await;
        let change = match created {
            Ok(Created::Created) => Change::New(entry),
            _ => Change::Unknown,
        };
        self.settle(write, change, created.is_ok()).await;
        created
    }

    pub(super) async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let write = self.begin(id);
        let updated = self.durable.update(id, expected, entry).await;
        let change = match updated {
            Ok(Updated::Updated) => Change::Replaced(expected, entry),
            // What is cached misled the writer, or may have been replaced.
            _ => Change::Unknown,
        };
        self.settle(write, change, updated.is_ok()).await;
        updated
    }

    pub(super) async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        let write = self.begin(id);
        let touched = self.durable.touch(id, expected, ttl).await;
        // The revision stays, so nothing could tell the entry with the new expiry from the one with the old.
        self.settle(write, Change::Unknown, touched.is_ok()).await;
        touched
    }

    pub(super) async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        self.end(id, || self.durable.delete(id)).await
    }

    pub(super) async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        self.end(id, || self.durable.delete_at(id, expected)).await
    }

    pub(super) async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError>
    where
        D: Index,
    {
        self.end(id, || self.durable.delete_under(term, id)).await
    }

    async fn end<F: Future>(&self, id: SessionId, end: impl FnOnce() -> F) -> F::Output {
        let write = self.begin(id);
        let ended = end().await;
        // The fence stays: what was deleted, or half deleted, is not served from the cache again.
        self.settle(write, Change::Unknown, false).await;
        ended
    }

    fn begin(&self, id: SessionId) -> Telling<'_, C> {
        Telling { write: self.fences.begin(id), burial: Burial::of(&self.cache, id) }
    }

    /// Tells the cache of a write: the new record, or that there is one. The fence is lifted if it is certain
    /// what became of the write and the cache knows. Where it does not, it serves the former record to other
    /// processes until it can be told or that is too old, and to nobody here.
    async fn settle(&self, Telling { write, burial }: Telling<'_, C>, change: Change<'_>, is_certain: bool) {
        let is_put = write.is_latest()
            && matches!(self.cache.put(write.id(), change, write.age()).await, Ok(true))
            && write.is_latest();
        if is_put || self.cache.bury(write.id()).await.is_ok() {
            burial.done();
            if is_certain {
                write.lift();
            }
        }
    }
}

/// A write under way, of which the cache is to be told.
struct Telling<'a, C: Store> {
    write: Write<'a>,
    burial: Burial<'a, C>,
}
