//! A cache in this process, on moka.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{
    Expiry,
    ops::compute::{CompResult, Op},
    sync::Cache,
};
use scs::{
    Clock, SessionId, Timestamp,
    store::{Bytes, Created, Deleted, Entry, Revision, Store, StoreError, Stored, Updated},
};

use super::clock::MonotonicClock;

/// Bytes that moka and this cache take for an entry besides its payload, about.
const OVERHEAD: u32 = 256;

/// moka counts nanoseconds in 64 bits.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// A bounded cache in this process, to stand in front of a durable store in a [`Tiered`](super::Tiered).
///
/// It is a store that **evicts**: when it is full it drops sessions that are used least, living ones too. Never use
/// it by itself. Clones share the same entries.
///
/// ```
/// use scs_stores::MemoryCache;
///
/// let hundred_thousand_sessions = MemoryCache::new(100_000);
/// let at_most_64_mib = MemoryCache::with_bytes(64 * 1024 * 1024);
/// assert_eq!(at_most_64_mib.entries(), 0);
/// # drop(hundred_thousand_sessions);
/// ```
#[derive(Clone)]
pub struct MemoryCache {
    cache: Cache<SessionId, Held>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Held {
    payload: Bytes,
    revision: Revision,
    expires: Timestamp,
    ttl: Duration,
}

impl Held {
    fn new(entry: &Entry, now: Timestamp) -> Self {
        Self {
            payload: entry.payload().clone(),
            revision: entry.revision(),
            expires: now + entry.ttl(),
            ttl: entry.ttl(),
        }
    }

    fn weight(&self) -> u32 {
        u32::try_from(self.payload.len()).unwrap_or(u32::MAX).saturating_add(OVERHEAD)
    }
}

/// Frees the memory of what has expired. Whether it may be served is decided by the cache's own clock.
struct ByTimeToLive;

impl Expiry<SessionId, Held> for ByTimeToLive {
    fn expire_after_create(&self, _: &SessionId, held: &Held, _: Instant) -> Option<Duration> {
        Some(held.ttl.min(LONGEST))
    }

    fn expire_after_update(&self, _: &SessionId, held: &Held, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(held.ttl.min(LONGEST))
    }
}

impl MemoryCache {
    /// A cache of at most this many sessions.
    pub fn new(entries: u64) -> Self {
        Self::on(Cache::builder().max_capacity(entries).expire_after(ByTimeToLive).build())
    }

    /// A cache of at most about this many bytes: payloads, and an estimate of what it takes to keep them.
    pub fn with_bytes(bytes: u64) -> Self {
        let builder = Cache::builder().max_capacity(bytes).expire_after(ByTimeToLive);
        Self::on(builder.weigher(|_, held: &Held| held.weight()).build())
    }

    /// The same cache on another clock, for tests that must not sleep.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How many entries it holds. Does the upkeep that is due first, so that the number is exact.
    pub fn entries(&self) -> u64 {
        self.cache.run_pending_tasks();
        self.cache.entry_count()
    }

    fn on(cache: Cache<SessionId, Held>) -> Self {
        Self { cache, clock: Arc::new(MonotonicClock::start()) }
    }

    /// Does something to what lives under an id, while nobody else does.
    fn compute(
        &self,
        id: SessionId,
        change: impl FnOnce(Option<&Held>, Timestamp) -> Op<Held>,
    ) -> CompResult<SessionId, Held> {
        let now = self.clock.now();
        self.cache.entry(id).and_compute_with(|entry| {
            change(entry.map(moka::Entry::into_value).filter(|held| now < held.expires).as_ref(), now)
        })
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").field("entries", &self.cache.entry_count()).finish_non_exhaustive()
    }
}

impl Store for MemoryCache {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let mut created = Created::Created;
        self.compute(id, |held, now| match held {
            None => Op::Put(Held::new(entry, now)),
            Some(held) if held.revision == entry.revision() => Op::Nop,
            Some(_) => {
                created = Created::Occupied;
                Op::Nop
            }
        });
        Ok(created)
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        let now = self.clock.now();
        let held = self.cache.get(&id).filter(|held| now < held.expires);
        Ok(held.map(|held| Stored::new(held.payload, held.revision, held.expires.since(now))))
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let mut updated = Updated::Updated;
        self.compute(id, |held, now| match held {
            Some(held) if held.revision == entry.revision() => Op::Nop,
            Some(held) if held.revision == expected => Op::Put(Held::new(entry, now)),
            Some(_) => {
                updated = Updated::Conflict;
                Op::Nop
            }
            None => {
                updated = Updated::Gone;
                Op::Nop
            }
        });
        Ok(updated)
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        self.compute(id, |held, now| match held {
            Some(held) if held.revision == expected => Op::Put(Held { expires: now + ttl, ttl, ..held.clone() }),
            _ => Op::Nop,
        });
        Ok(())
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        let mut was_live = false;
        self.compute(id, |held, _| {
            was_live = held.is_some();
            Op::Remove
        });
        Ok(was_live)
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        let mut deleted = Deleted::Gone;
        self.compute(id, |held, _| match held {
            Some(held) if held.revision == expected => {
                deleted = Deleted::Deleted;
                Op::Remove
            }
            Some(_) => {
                deleted = Deleted::Conflict;
                Op::Nop
            }
            None => Op::Nop,
        });
        Ok(deleted)
    }
}
