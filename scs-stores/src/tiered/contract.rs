//! The store contract, as two tiers keep it. What only the durable store knows is asked there.

use std::time::Duration;

use scs::{
    SessionId,
    store::{
        Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Revision, Store, StoreError,
        Stored, Term, Updated,
    },
};

use super::Tiered;

impl<C: Store, D: Store> Store for Tiered<C, D> {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        match &self.shared.behind {
            None => self.shared.tiers.create(id, entry).await,
            Some(behind) => self.shared.create_behind(behind, id, entry).await,
        }
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        match self.shared.waiting(id) {
            None => self.shared.tiers.load(id).await,
            waiting => Ok(waiting),
        }
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        match &self.shared.behind {
            None => self.shared.tiers.update(id, expected, entry).await,
            Some(behind) => self.shared.update_behind(behind, id, expected, entry).await,
        }
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        match &self.shared.behind {
            None => self.shared.tiers.touch(id, expected, ttl).await,
            Some(behind) => self.shared.touch_behind(behind, id, expected, ttl).await,
        }
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        match &self.shared.behind {
            None => self.shared.tiers.delete(id).await,
            Some(behind) => self.shared.delete_behind(behind, id).await,
        }
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        match &self.shared.behind {
            None => self.shared.tiers.delete_at(id, expected).await,
            Some(behind) => self.shared.delete_at_behind(behind, id, expected).await,
        }
    }

    fn identity(&self) -> Option<u64> {
        self.durable().identity()
    }

    /// The cache has limits of its own.
    fn default_timeout(&self) -> Duration {
        self.durable().default_timeout()
    }
}

impl<C: Store, D: Iterate> Iterate for Tiered<C, D> {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        let mut page = self.durable().page(cursor, limit).await?;
        for (id, stored) in &mut page.items {
            if let Some(waiting) = self.shared.waiting(*id) {
                *stored = waiting;
            }
        }
        Ok(page)
    }
}

impl<C: Store, D: Index> Index for Tiered<C, D> {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.durable().find(term, cursor, limit).await
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.durable().forget(term, id).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        match &self.shared.behind {
            None => self.shared.tiers.delete_under(term, id).await,
            Some(behind) => self.shared.delete_under_behind(behind, term, id).await,
        }
    }
}

impl<C: Store, D: Limit> Limit for Tiered<C, D> {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.durable().admit(term, id, max, ttl).await
    }
}

/// Deletes nothing that a cache serves: what has expired has done so there, too.
impl<C: Store, D: Purge> Purge for Tiered<C, D> {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        self.durable().purge(limit).await
    }
}
