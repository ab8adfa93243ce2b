//! The cache's side: what is written into it so that nothing older ever follows something newer.
//!
//! A read may be slow, and what it found may be outdated when it comes to be cached. So it is put only where
//! nothing is, or in place of the very marker that was seen before the read began. A write replaces the record
//! it was based on, and whatever else it finds with a marker.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use scs::{
    Clock, SessionId,
    store::{Created, Entry, Revision, Store, StoreError, StoreErrorKind, Stored, Updated},
};

use super::{
    burials::Burials,
    frame::{self, Cached},
};

/// How long a cache that gave no answer is not asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// How often a marker is tried to be put where others keep writing.
const TRIES: usize = 16;

/// The cache, and how it is asked.
pub(super) struct CacheTier<C> {
    pub(super) store: C,
    pub(super) max_staleness: Duration,
    pub(super) timeout: Duration,
    pub(super) burials: Burials,
    /// The time until which the cache is not asked, in milliseconds of the clock.
    paused_until: AtomicU64,
    pub(super) clock: Arc<dyn Clock>,
}

/// What was in the cache before the durable store was read: the right to put there what will be read.
pub(super) enum Lease {
    /// Nothing was there.
    Absent,
    /// A marker of this revision.
    Marker(Revision),
}

/// What a look into the cache found.
pub(super) enum Look {
    Hit(Stored),
    Miss(Lease),
}

/// What became of a session in the durable store.
#[derive(Clone, Copy)]
pub(super) enum Change<'e> {
    New(&'e Entry),
    /// The entry took the place of the one with this revision.
    Replaced(Revision, &'e Entry),
    /// It ended, or something else is there, or nobody knows.
    Unknown,
}

impl<C: Store> CacheTier<C> {
    pub(super) fn new(store: C, max_staleness: Duration, timeout: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { store, max_staleness, timeout, burials: Burials::default(), paused_until: AtomicU64::new(0), clock }
    }

    /// How long a marker stays: longer than anything that was read before it can still be put or served.
    pub(super) fn marker_life(&self) -> Duration {
        self.max_staleness.saturating_mul(2).saturating_add(self.timeout)
    }

    pub(super) async fn look_up(&self, id: SessionId) -> Result<Look, StoreError> {
        let found = self.ask(pin!(self.store.load(id))).await?;
        Ok(match found.as_ref().map(frame::read) {
            Some(Cached::Record(stored)) => Look::Hit(stored),
            Some(Cached::Marker(revision)) => Look::Miss(Lease::Marker(revision)),
            None => Look::Miss(Lease::Absent),
        })
    }

    /// Puts a record that was read `age` ago, if nobody has put anything since the lease was had.
    pub(super) async fn fill(
        &self,
        id: SessionId,
        lease: Lease,
        stored: &Stored,
        age: Duration,
    ) -> Result<(), StoreError> {
        let Some(entry) = self.framed(stored.payload(), stored.revision(), stored.ttl(), age) else { return Ok(()) };
        match lease {
            Lease::Absent => self.ask(pin!(self.store.create(id, &entry))).await.map(drop),
            Lease::Marker(seen) => self.ask(pin!(self.store.update(id, seen, &entry))).await.map(drop),
        }
    }

    /// Puts what became of a session by a write that began `age` ago; `false` if something is in the way.
    pub(super) async fn put(&self, id: SessionId, change: Change<'_>, age: Duration) -> Result<bool, StoreError> {
        let entry = match change {
            Change::New(entry) | Change::Replaced(_, entry) => entry,
            Change::Unknown => return Ok(false),
        };
        let framed = self.framed(entry.payload(), entry.revision(), entry.ttl(), age);
        let Some(framed) = framed else { return Ok(false) };
        if let Change::Replaced(former, _) = change {
            match self.ask(pin!(self.store.update(id, former, &framed))).await? {
                Updated::Updated => return Ok(true),
                Updated::Conflict | Updated::NotAdmitted => return Ok(false),
                Updated::Gone => {}
            }
        }
        Ok(self.ask(pin!(self.store.create(id, &framed))).await? == Created::Created)
    }

    /// Puts a marker in place of whatever is there, so that the next reader asks the durable store.
    pub(super) async fn bury(&self, id: SessionId) -> Result<(), StoreError> {
        self.check_pause()?;
        self.bury_anyway(id).await.inspect_err(|error| {
            if error.kind() == StoreErrorKind::Timeout {
                self.pause();
            }
        })
    }

    /// The same in the background, where nobody waits: also during a pause, and without beginning one.
    pub(super) async fn bury_anyway(&self, id: SessionId) -> Result<(), StoreError> {
        let marker = frame::marker(self.marker_life());
        for _ in 0..TRIES {
            // Not deleted and created: in between, an outdated read could be put.
            let is_put = match self.answer(pin!(self.store.load(id))).await? {
                Some(found) => {
                    let updated = self.answer(pin!(self.store.update(id, found.revision(), &marker))).await?;
                    updated == Updated::Updated
                }
                None => self.answer(pin!(self.store.create(id, &marker))).await? == Created::Created,
            };
            if is_put {
                return Ok(());
            }
        }
        Err(StoreError::new(StoreErrorKind::Other, "others write this cached session all the time"))
    }

    /// A record as it goes into the cache; `None` if it is too old already. The time that the durable store
    /// took counts against it, so that it is never served longer than it may be.
    fn framed(&self, payload: &[u8], revision: Revision, ttl: Duration, age: Duration) -> Option<Entry> {
        let (ttl, stay) = (ttl.checked_sub(age)?, self.max_staleness.checked_sub(age)?);
        let is_worth_it = !ttl.is_zero() && !stay.is_zero();
        is_worth_it.then(|| frame::record(payload, revision, ttl, stay))
    }

    /// Asks the cache, for as long as it may take. After a call without an answer it has a pause, so that an
    /// outage of the cache does not cost every request the whole of that time.
    async fn ask<T>(&self, call: Pin<&mut impl Future<Output = Result<T, StoreError>>>) -> Result<T, StoreError> {
        self.check_pause()?;
        match within(self.timeout, call).await {
            Some(answer) => answer,
            None => {
                self.pause();
                Err(no_answer())
            }
        }
    }

    /// Asks the cache, whatever it did before.
    async fn answer<T>(&self, call: Pin<&mut impl Future<Output = Result<T, StoreError>>>) -> Result<T, StoreError> {
        within(self.timeout, call).await.unwrap_or_else(|| Err(no_answer()))
    }

    fn check_pause(&self) -> Result<(), StoreError> {
        match self.clock.now().as_unix_millis() < self.paused_until.load(Ordering::Relaxed) {
            true => Err(StoreError::new(StoreErrorKind::Unavailable, "the session cache did not answer just now")),
            false => Ok(()),
        }
    }

    fn pause(&self) {
        self.paused_until.store((self.clock.now() + PAUSE).as_unix_millis(), Ordering::Relaxed);
    }
}

fn no_answer() -> StoreError {
    StoreError::new(StoreErrorKind::Timeout, "the session cache gave no answer in time")
}

/// The call's answer, if it has one in time. A call that is ready at once, as in a cache in this process, needs no timer.
async fn within<T>(limit: Duration, mut call: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => tokio::time::timeout(limit, call).await.ok(),
    }
}
