//! A cache in front of a durable store.

mod builder;
mod burials;
mod cache;
mod clock;
mod contract;
mod dirty;
mod fences;
mod flush;
mod frame;
mod memory_cache;
mod tiers;
mod write_behind;

use std::{fmt, sync::Arc, time::Duration};

use scs::{
    Clock, SessionId,
    store::{Store, Stored},
};

pub use self::{builder::TieredBuilder, flush::FlushReport, memory_cache::MemoryCache, write_behind::WriteBehind};
use self::{tiers::Tiers, write_behind::Behind};

/// A cache in front of a durable store: sessions are read from `C` and kept by `D`.
///
/// `C` is a [`MemoryCache`] of this process, or any store that all processes share, such as a Redis with a prefix
/// of its own. `D` is any store. The durable store is the truth: every write goes there first and is decided
/// there, and then the cache is told. Clones share both.
///
/// ```
/// use std::time::Duration;
/// use scs::{MemoryStore, SessionId, store::{Entry, Store, StoreError}};
/// use scs_stores::{MemoryCache, Tiered};
///
/// # async fn example() -> Result<(), StoreError> {
/// let durable = MemoryStore::new(); // in an application, a database
/// let store = Tiered::new(MemoryCache::new(100_000), durable);
/// assert_eq!(store.max_staleness(), Duration::from_secs(1));
///
/// let id = SessionId::from_bytes([7; 16]);
/// let _ = store.create(id, &Entry::new("cart", Duration::from_secs(60))).await?;
/// assert!(store.load(id).await?.is_some(), "and the durable store was not asked");
/// # Ok(())
/// # }
/// ```
///
/// # What is promised
///
/// * **Nothing is older than [`max_staleness`](Self::max_staleness)**, a second unless set. What another process
///   wrote or deleted is seen after that time at the latest, and at once if the cache is shared and was reached.
/// * **What this process wrote it reads, and what it deleted is gone**, at once, whatever becomes of the cache. After
///   a deletion, and a write that failed midway, it asks the durable store for a while.
/// * **After a conflict the durable store is read**, so that a compare-and-set that is tried again succeeds.
/// * **The cache failing is no outage.** Reads go to the durable store, and so do writes. A shared cache that could not be
///   told of a write is told again in the background until it knows; until then it serves other processes the former record,
///   while that is not too old.
/// * **A future dropped midway** leaves the record as before or as after, and does not leave this process with the former.
///
/// A shared cache that evicts, or whose answers are delayed for longer than the staleness allowed, can serve other
/// processes what is outdated, for at most that time again.
///
/// # Write-behind
///
/// With [`TieredBuilder::write_behind`] plain changes and extended expiries wait in memory, one version per session,
/// and are written by [`flusher`](Self::flusher), which the application spawns, and by [`flush`](Self::flush), which it
/// awaits when it shuts down. **A crash loses the changes of the last interval**, and of the time that a flush takes.
/// It never loses a new session, a logout, a sign-in, a renewed token, or a change of an indexed field: these are written
/// at once, with what waits of the session. It is for **one process**: a second one that writes makes changes be lost,
/// which the [`FlushReport`] tells.
pub struct Tiered<C, D> {
    shared: Arc<Shared<C, D>>,
}

struct Shared<C, D> {
    tiers: Tiers<C, D>,
    behind: Option<Behind>,
    clock: Arc<dyn Clock>,
}

impl<C: Store, D: Store> Tiered<C, D> {
    /// The two with the defaults: written through, and nothing served that is older than a second.
    pub fn new(cache: C, durable: D) -> Self {
        Self::builder(cache, durable).build()
    }

    /// The two with other settings.
    pub fn builder(cache: C, durable: D) -> TieredBuilder<C, D> {
        TieredBuilder::new(cache, durable)
    }

    /// How long a record may be served after it was read from the durable store or written there.
    pub fn max_staleness(&self) -> Duration {
        self.shared.tiers.cache.max_staleness
    }

    /// How many sessions have changes that wait to be written; none without write-behind.
    pub fn dirty(&self) -> usize {
        self.shared.behind.as_ref().map_or(0, |behind| behind.dirty.count())
    }

    /// The store that keeps the sessions.
    pub fn durable(&self) -> &D {
        &self.shared.tiers.durable
    }

    /// The store in front of it.
    pub fn cache(&self) -> &C {
        &self.shared.tiers.cache.store
    }
}

impl<C, D> Shared<C, D> {
    /// What waits to be written of a session.
    fn waiting(&self, id: SessionId) -> Option<Stored> {
        self.behind.as_ref()?.dirty.stored(id, self.clock.now())
    }
}

impl<C, D> Clone for Tiered<C, D> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<C, D> fmt::Debug for Tiered<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tiered")
            .field("max_staleness", &self.shared.tiers.cache.max_staleness)
            .field("writes_behind", &self.shared.behind.is_some())
            .finish_non_exhaustive()
    }
}
