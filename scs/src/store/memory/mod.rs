//! The store that needs no server: sharded maps in this process.

mod contract;
mod hash;
mod index;
mod shard;
mod sync;
mod terms;

use std::{
    fmt,
    sync::{Arc, PoisonError, atomic::Ordering},
};

use self::{
    hash::TailHash,
    index::{IndexShard, Posting},
    shard::{Held, Inserted, Shard},
    sync::{AtomicUsize, Mutex, MutexGuard},
};
use super::{Created, Entry, SessionId, StoreError, StoreErrorKind, Term};
use crate::time::{Clock, SystemClock, Timestamp};

/// Enough that two threads seldom meet, few enough that an empty store is small.
const SHARDS: usize = 64;

/// Expired records that a shard lets go of for each one it takes in, so that a store without a
/// reaper does not grow for ever.
const SWEPT_PER_CREATE: usize = 2;

/// One in so many places is kept for sessions that somebody has signed in to.
const SHARE_OF_THE_SIGNED_IN: usize = 4;

/// Keeps sessions in this process, for a single server, for development and for tests.
///
/// It never evicts a live session: with a [capacity](Self::with_capacity) it refuses new ones when
/// full. Clones share the same sessions.
///
/// ```
/// use scs::{MemoryStore, SessionManager};
/// # use scs::Session;
/// # #[derive(Session)]
/// # struct Visitor { visits: u32 }
///
/// let store = MemoryStore::with_capacity(100_000);
/// let sessions = SessionManager::<Visitor, _>::new(store.clone());
/// assert_eq!(store.statistics().sessions, 0);
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Memory>);

struct Memory {
    shards: Box<[Mutex<Shard>]>,
    index: Box<[Mutex<IndexShard>]>,
    sessions: AtomicUsize,
    /// Sessions among them that nobody has signed in to.
    strangers: AtomicUsize,
    /// Where the next purge goes on.
    purge_from: AtomicUsize,
    capacity: usize,
    clock: Arc<dyn Clock>,
}

/// What a [`MemoryStore`] holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStatistics {
    /// Records held, expired ones that were not purged yet included.
    pub sessions: usize,
    /// Bytes of their payloads.
    pub payload_bytes: usize,
    /// Entries in the index.
    pub index_entries: usize,
}

impl MemoryStore {
    /// An empty store that holds as many sessions as fit into memory.
    pub fn new() -> Self {
        Self::with_capacity(usize::MAX)
    }

    /// An empty store that refuses to create a session while it holds this many live ones.
    ///
    /// A quarter is kept for sessions that somebody has signed in to: visitors who sign in to nothing cannot fill it.
    pub fn with_capacity(sessions: usize) -> Self {
        Self::build(sessions, Arc::new(SystemClock))
    }

    /// The same store, empty, on another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self::build(self.0.capacity, clock)
    }

    fn build(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Memory {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            index: (0..SHARDS).map(|_| Mutex::default()).collect(),
            sessions: AtomicUsize::new(0),
            strangers: AtomicUsize::new(0),
            purge_from: AtomicUsize::new(0),
            capacity,
            clock,
        }))
    }

    /// Counts what the store holds; takes time in proportion to it.
    pub fn statistics(&self) -> MemoryStatistics {
        let shards = self.0.shards.iter().map(|shard| lock(shard).size());
        let (sessions, payload_bytes) = shards.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
        let index_entries = self.0.index.iter().map(|shard| lock(shard).size()).sum();
        MemoryStatistics { sessions, payload_bytes, index_entries }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("sessions", &self.0.sessions).finish_non_exhaustive()
    }
}

impl Memory {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn shard(&self, id: SessionId) -> MutexGuard<'_, Shard> {
        let [.., last] = id.to_bytes();
        lock(&self.shards[usize::from(last) % SHARDS])
    }

    fn index(&self, term: Term) -> MutexGuard<'_, IndexShard> {
        let [.., last] = term.to_bytes();
        lock(&self.index[usize::from(last) % SHARDS])
    }

    /// Adds index entries. Called before the record is written and under its shard's lock, so that a
    /// record that can be loaded can also be found.
    fn post(&self, id: SessionId, terms: &[Term], entry: &Entry, now: Timestamp) {
        for &term in terms {
            self.index(term).add(term, id, Posting { attached: now, expires: now + entry.lifetime() });
        }
    }

    /// Removes index entries. Called after the record was written and under its shard's lock.
    fn unpost(&self, id: SessionId, terms: &[Term]) {
        for &term in terms {
            self.index(term).remove(term, id);
        }
    }

    /// Lets a shard go of expired records, and the index of their entries.
    fn sweep(&self, shard: &mut Shard, now: Timestamp, limit: usize) -> Vec<Held> {
        let expired = shard.take_expired(now, limit);
        let strangers = expired.iter().filter(|(_, held)| !held.is_authenticated).count();
        self.release(expired.len(), strangers);
        let unposted = expired.into_iter().inspect(|(id, held)| self.unpost(*id, &held.terms));
        unposted.map(|(_, held)| held).collect()
    }

    /// Deletes a live record that passes, and says whether it did. One that has expired goes too, and counts as none.
    fn delete_if(&self, id: SessionId, passes: impl FnOnce(&Held) -> bool) -> bool {
        let now = self.now();
        let mut shard = self.shard(id);
        let live = shard.live(id, now);
        let is_live = live.is_some();
        if live.is_some_and(|held| !passes(held)) {
            return false;
        }
        let Some(held) = shard.remove(id) else { return false };
        self.unpost(id, &held.terms);
        self.release(1, usize::from(!held.is_authenticated));
        drop(shard);
        is_live
    }

    /// Whether the id has every place that the entry relies on. Asked under the lock of the id's shard, under which
    /// places are taken away.
    fn has_places(&self, id: SessionId, entry: &Entry, now: Timestamp) -> bool {
        entry.places().iter().all(|&term| self.index(term).has(term, id, now))
    }

    fn purge(&self, limit: usize) -> usize {
        let now = self.now();
        let start = self.purge_from.fetch_add(1, Ordering::Relaxed);
        let mut purged = 0;
        for offset in 0..SHARDS {
            if purged >= limit {
                break;
            }
            let mut shard = lock(&self.shards[(start + offset) % SHARDS]);
            let expired = self.sweep(&mut shard, now, limit - purged);
            drop(shard);
            purged += expired.len();
        }
        purged
    }

    /// Reserves room for one more record.
    fn reserve(&self, is_authenticated: bool) -> Result<(), StoreError> {
        if self.has_reserved(is_authenticated) || self.purge(usize::MAX) > 0 && self.has_reserved(is_authenticated) {
            return Ok(());
        }
        let full = format!("the memory store holds {} sessions and takes no more; raise its capacity", self.capacity);
        Err(StoreError::new(StoreErrorKind::Full, full))
    }

    fn has_reserved(&self, is_authenticated: bool) -> bool {
        let add_to = |count: &AtomicUsize, most| {
            let room = |held| (held < most).then_some(held + 1);
            count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
        };
        if is_authenticated {
            return add_to(&self.sessions, self.capacity);
        }
        if !add_to(&self.strangers, self.capacity - self.capacity / SHARE_OF_THE_SIGNED_IN) {
            return false;
        }
        let is_reserved = add_to(&self.sessions, self.capacity);
        if !is_reserved {
            self.strangers.fetch_sub(1, Ordering::Relaxed);
        }
        is_reserved
    }

    /// Gives room back.
    fn release(&self, sessions: usize, strangers: usize) {
        self.sessions.fetch_sub(sessions, Ordering::Relaxed);
        if strangers > 0 {
            self.strangers.fetch_sub(strangers, Ordering::Relaxed);
        }
    }

    /// Counts a record that an update has made another kind of.
    fn note_sign_in(&self, was_authenticated: bool, is_authenticated: bool) {
        match (was_authenticated, is_authenticated) {
            (false, true) => self.strangers.fetch_sub(1, Ordering::Relaxed),
            (true, false) => self.strangers.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    }

    fn insert(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let now = self.now();
        if let Some(held) = self.shard(id).live(id, now) {
            return Ok(if held.is(entry) { Created::Created } else { Created::Occupied });
        }
        self.reserve(entry.is_authenticated())?;
        let (mut shard, strangers) = (self.shard(id), usize::from(!entry.is_authenticated()));
        if !self.has_places(id, entry, now) {
            self.release(1, strangers);
            return Ok(Created::NotAdmitted);
        }
        let swept = self.sweep(&mut shard, now, SWEPT_PER_CREATE);
        let inserted = shard.create(id, entry, now, || self.post(id, entry.terms(), entry, now));
        if let Inserted::InsteadOf(expired) = &inserted {
            let lost = expired.terms.iter().filter(|term| !entry.terms().contains(term));
            self.unpost(id, &lost.copied().collect::<Vec<_>>());
        }
        drop(shard);
        drop(swept);
        match &inserted {
            Inserted::New => {}
            Inserted::InsteadOf(expired) => self.release(1, usize::from(!expired.is_authenticated)),
            Inserted::Already | Inserted::Occupied => self.release(1, strangers),
        }
        Ok(if matches!(inserted, Inserted::Occupied) { Created::Occupied } else { Created::Created })
    }
}

/// No user code runs under these locks, so a poisoned one guards nothing half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
