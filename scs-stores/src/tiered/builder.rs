//! Settings of the two tiers.

use std::{fmt, sync::Arc, time::Duration};

use scs::{Clock, store::Store};

use super::{
    Shared, Tiered,
    cache::CacheTier,
    clock::MonotonicClock,
    fences::Fences,
    tiers::Tiers,
    write_behind::{Behind, WriteBehind},
};

/// Settings of a [`Tiered`] store; made by [`Tiered::builder`].
#[must_use = "call `build` to get the store"]
pub struct TieredBuilder<C, D> {
    cache: C,
    durable: D,
    max_staleness: Duration,
    cache_timeout: Duration,
    clock: Arc<dyn Clock>,
    write_behind: Option<WriteBehind>,
}

impl<C: Store, D: Store> TieredBuilder<C, D> {
    pub(super) fn new(cache: C, durable: D) -> Self {
        Self {
            cache,
            durable,
            max_staleness: Duration::from_secs(1),
            cache_timeout: Duration::from_millis(100),
            clock: Arc::new(MonotonicClock::start()),
            write_behind: None,
        }
    }

    /// How long a record may be served from the cache after it was read from the durable store or written
    /// there; a second by default, and nothing is cached with zero.
    ///
    /// This is how late a logout on one process may reach another if each has a cache of its own, and if
    /// they share one, when the cache could not be told. A shared cache makes several minutes reasonable.
    pub const fn max_staleness(mut self, staleness: Duration) -> Self {
        self.max_staleness = staleness;
        self
    }

    /// How long the cache may take for an answer before the durable store is asked instead; 100 ms by default.
    pub const fn cache_timeout(mut self, timeout: Duration) -> Self {
        self.cache_timeout = timeout;
        self
    }

    /// Lets plain changes wait and writes them together. For one process only; [`Tiered`] says what a crash loses.
    pub const fn write_behind(mut self, settings: WriteBehind) -> Self {
        self.write_behind = Some(settings);
        self
    }

    /// Measures staleness with another clock, for tests that must not sleep. By default it is one that nobody sets.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The store.
    pub fn build(self) -> Tiered<C, D> {
        let cache =
            Arc::new(CacheTier::new(self.cache, self.max_staleness, self.cache_timeout, Arc::clone(&self.clock)));
        let fences = Fences::new(cache.marker_life(), Arc::clone(&self.clock));
        let tiers = Tiers { cache, durable: self.durable, fences };
        let behind = self.write_behind.map(Behind::new);
        Tiered { shared: Arc::new(Shared { tiers, behind, clock: self.clock }) }
    }
}

impl<C, D> fmt::Debug for TieredBuilder<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TieredBuilder")
            .field("max_staleness", &self.max_staleness)
            .field("cache_timeout", &self.cache_timeout)
            .field("write_behind", &self.write_behind)
            .finish_non_exhaustive()
    }
}
