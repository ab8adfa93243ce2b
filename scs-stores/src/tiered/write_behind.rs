//! Putting off plain changes: which may wait, and how they get into the durable store in the end.

use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use scs::{
    SessionId, Timestamp,
    store::{Created, Deleted, Entry, Index, Revision, Store, StoreError, Term, Updated},
};

use super::{
    Shared,
    dirty::{Dirty, Pending, Version},
};

/// Changes wait in this process and are written together: for a [`Tiered`](super::Tiered) that is the **only
/// process** that writes its durable store.
///
/// ```
/// use std::time::Duration;
/// use scs::MemoryStore;
/// use scs_stores::{MemoryCache, Tiered, WriteBehind};
///
/// let behind = WriteBehind::every(Duration::from_secs(5)).max_dirty(50_000);
/// let store = Tiered::builder(MemoryCache::new(100_000), MemoryStore::new()).write_behind(behind).build();
/// assert_eq!(store.dirty(), 0);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "this is a setting; give it to `TieredBuilder::write_behind`"]
pub struct WriteBehind {
    interval: Duration,
    max_dirty: usize,
}

impl WriteBehind {
    /// Writes what has changed once per interval, of at least a millisecond. At most 10 000 sessions wait.
    pub const fn every(interval: Duration) -> Self {
        Self { interval, max_dirty: 10_000 }
    }

    /// Lets at most this many sessions wait; changes of others are written through.
    pub const fn max_dirty(mut self, sessions: usize) -> Self {
        self.max_dirty = sessions;
        self
    }
}

/// What waits, and what became of it.
pub(super) struct Behind {
    pub(super) dirty: Dirty,
    interval: Duration,
    lost: Mutex<Vec<SessionId>>,
}

impl Behind {
    pub(super) fn new(settings: WriteBehind) -> Self {
        Self {
            dirty: Dirty::new(settings.max_dirty),
            interval: settings.interval.max(Duration::from_millis(1)),
            lost: Mutex::default(),
        }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// The sessions whose changes were lost since this was last asked.
    pub(super) fn take_lost(&self) -> Vec<SessionId> {
        mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lose(&self, id: SessionId) {
        self.dirty.remove(id);
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    }

    /// Whether the durable store may go on with what it has: it keeps the session long enough for the next
    /// flush to come, however late, and lets go of it no later than it should.
    fn can_wait(&self, base_expires: Timestamp, expires: Timestamp, now: Timestamp) -> bool {
        base_expires.since(now) >= self.interval.saturating_mul(2) && expires >= base_expires
    }

    fn may_put_off(&self, entry: &Entry, base_expires: Timestamp, now: Timestamp) -> bool {
        let is_plain = !entry.moves_terms() && !entry.needs_full_durability() && entry.places().is_empty();
        is_plain && self.can_wait(base_expires, now + entry.ttl(), now)
    }
}

impl<C: Store, D: Store> Shared<C, D> {
    pub(super) async fn create_behind(
        &self,
        behind: &Behind,
        id: SessionId,
        entry: &Entry,
    ) -> Result<Created, StoreError> {
        let _turn = behind.dirty.turn(id).await;
        self.drain(behind, id).await?;
        self.tiers.create(id, entry).await
    }

    pub(super) async fn update_behind(
        &self,
        behind: &Behind,
        id: SessionId,
        expected: Revision,
        entry: &Entry,
    ) -> Result<Updated, StoreError> {
        let _turn = behind.dirty.turn(id).await;
        let now = self.clock.now();
        match self.base(behind, id, expected).await {
            Base::Dirty(pending) if pending.latest.revision() == entry.revision() => return Ok(Updated::Updated),
            Base::Dirty(pending) if pending.latest.revision() != expected => return Ok(Updated::Conflict),
            Base::Dirty(pending) | Base::Clean(pending) if behind.may_put_off(entry, pending.base_expires, now) => {
                if behind.dirty.insert(id, pending.followed_by(Version::new(entry, now))) {
                    return Ok(Updated::Updated);
                }
            }
            _ => {
                self.drain(behind, id).await?;
            }
        }
        self.tiers.update(id, expected, entry).await
    }

    pub(super) async fn touch_behind(
        &self,
        behind: &Behind,
        id: SessionId,
        expected: Revision,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let _turn = behind.dirty.turn(id).await;
        let now = self.clock.now();
        match self.base(behind, id, expected).await {
            Base::Dirty(pending) if pending.latest.revision() != expected => return Ok(()),
            Base::Dirty(pending) | Base::Clean(pending) if behind.can_wait(pending.base_expires, now + ttl, now) => {
                let touched = pending.latest.touched(now + ttl);
                if behind.dirty.insert(id, pending.followed_by(touched)) {
                    return Ok(());
                }
            }
            _ => {
                self.drain(behind, id).await?;
            }
        }
        self.tiers.touch(id, expected, ttl).await
    }

    pub(super) async fn delete_behind(&self, behind: &Behind, id: SessionId) -> Result<bool, StoreError> {
        let _turn = behind.dirty.turn(id).await;
        self.drain_or_lose(behind, id).await;
        self.tiers.delete(id).await
    }

    /// What waits cannot be lost for it: only the durable store knows whether the session has the revision.
    pub(super) async fn delete_at_behind(
        &self,
        behind: &Behind,
        id: SessionId,
        expected: Revision,
    ) -> Result<Deleted, StoreError> {
        let _turn = behind.dirty.turn(id).await;
        self.drain(behind, id).await?;
        self.tiers.delete_at(id, expected).await
    }

    pub(super) async fn delete_under_behind(
        &self,
        behind: &Behind,
        term: Term,
        id: SessionId,
    ) -> Result<bool, StoreError>
    where
        D: Index,
    {
        let _turn = behind.dirty.turn(id).await;
        self.drain_or_lose(behind, id).await;
        self.tiers.delete_under(term, id).await
    }

    /// Writes pending changes first, so that a deletion that is cut off leaves the session as it was. The session ends even if
    /// they cannot be written.
    async fn drain_or_lose(&self, behind: &Behind, id: SessionId) {
        if self.drain(behind, id).await.is_err() {
            behind.lose(id);
        }
    }

    /// What a change of this session is based on. Asked in its turn.
    async fn base(&self, behind: &Behind, id: SessionId, expected: Revision) -> Base {
        let now = self.clock.now();
        match behind.dirty.get(id) {
            Some(pending) if pending.latest.expires() > now => Base::Dirty(pending),
            Some(_) => Base::Unknown,
            None => match self.tiers.cached(id).await {
                Some(stored) if stored.revision() == expected => Base::Clean(Pending::of(&stored, self.clock.now())),
                _ => Base::Unknown,
            },
        }
    }

    /// Writes what waits of this session; `false` if nothing did. Asked in its turn.
    pub(super) async fn drain(&self, behind: &Behind, id: SessionId) -> Result<bool, StoreError> {
        let mut has_written = false;
        while let Some((base, version)) = behind.dirty.send(id) {
            if !self.send(id, base, &version).await? {
                behind.lose(id);
                return Ok(false);
            }
            behind.dirty.arrived(id, &version);
            has_written = true;
        }
        Ok(has_written)
    }

    /// Writes one version; `false` if the durable store has something else by now, or nothing.
    async fn send(&self, id: SessionId, base: Revision, version: &Version) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if version.expires() <= now {
            return Ok(false);
        }
        let entry = version.entry(now);
        if version.revision() == base {
            return self.tiers.touch(id, base, entry.ttl()).await.map(|()| true);
        }
        Ok(self.tiers.update(id, base, &entry).await? == Updated::Updated)
    }
}

/// What a change is based on.
enum Base {
    /// What waits.
    Dirty(Pending),
    /// What the durable store has, as the cache tells.
    Clean(Pending),
    /// Only the durable store knows.
    Unknown,
}
