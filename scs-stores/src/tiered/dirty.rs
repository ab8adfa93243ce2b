//! Sessions whose latest changes are not in the durable store yet.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use scs::{
    SessionId, Timestamp,
    store::{Entry, Revision, Stored},
};
use tokio::sync::MutexGuard as Turn;

/// So many that a session seldom waits for another's turn.
const STRIPES: usize = 256;

/// The dirty sessions, and whose turn it is to write.
pub(super) struct Dirty {
    stripes: Box<[Stripe]>,
    count: AtomicUsize,
    max: usize,
}

#[derive(Default)]
struct Stripe {
    /// Held by whoever writes a session, also while the durable store is written.
    turn: tokio::sync::Mutex<()>,
    sessions: Mutex<HashMap<SessionId, Pending>>,
}

/// What the durable store does not have yet.
#[derive(Clone)]
pub(super) struct Pending {
    /// The revision in the durable store.
    base: Revision,
    /// When the durable store would let go of the session.
    pub(super) base_expires: Timestamp,
    /// What was sent to the durable store and not answered. It is sent again as it was, before anything newer:
    /// a store recognises what it has already.
    sent: Option<Version>,
    pub(super) latest: Version,
}

/// One state of a session.
#[derive(Clone)]
pub(super) struct Version {
    entry: Entry,
    at: Timestamp,
    expires: Timestamp,
}

impl Version {
    pub(super) fn new(entry: &Entry, at: Timestamp) -> Self {
        Self { entry: entry.clone(), at, expires: at + entry.ttl() }
    }

    /// The same with another expiry.
    pub(super) fn touched(&self, expires: Timestamp) -> Self {
        Self { expires, ..self.clone() }
    }

    pub(super) fn revision(&self) -> Revision {
        self.entry.revision()
    }

    pub(super) fn expires(&self) -> Timestamp {
        self.expires
    }

    pub(super) fn stored(&self, now: Timestamp) -> Stored {
        Stored::new(self.entry.payload().clone(), self.revision(), self.expires.since(now))
    }

    /// The entry to write now, with the time it has left. No term moves: that is never put off.
    pub(super) fn entry(&self, now: Timestamp) -> Entry {
        Entry::new(self.entry.payload().clone(), self.expires.since(now))
            .with_revision(self.revision())
            .with_lifetime(self.entry.lifetime().saturating_sub(now.since(self.at)))
            .with_unchanged_terms(self.entry.terms().to_vec())
    }

    fn is(&self, other: &Self) -> bool {
        self.revision() == other.revision() && self.expires == other.expires
    }
}

impl Pending {
    /// Nothing waits yet; this is what the durable store has.
    pub(super) fn of(stored: &Stored, now: Timestamp) -> Self {
        let entry = Entry::new(stored.payload().clone(), stored.ttl()).with_revision(stored.revision());
        let latest = Version::new(&entry, now);
        Self { base: stored.revision(), base_expires: latest.expires, sent: None, latest }
    }

    pub(super) fn followed_by(self, latest: Version) -> Self {
        Self { latest, ..self }
    }
}

impl Dirty {
    pub(super) fn new(max: usize) -> Self {
        Self { stripes: (0..STRIPES).map(|_| Stripe::default()).collect(), count: AtomicUsize::new(0), max }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until nobody else writes this session.
    pub(super) async fn turn(&self, id: SessionId) -> Turn<'_, ()> {
        self.stripe(id).turn.lock().await
    }

    pub(super) fn get(&self, id: SessionId) -> Option<Pending> {
        self.sessions(id).get(&id).cloned()
    }

    /// The latest version, if it lives.
    pub(super) fn stored(&self, id: SessionId, now: Timestamp) -> Option<Stored> {
        let sessions = self.sessions(id);
        sessions
            .get(&id)
            .map(|pending| &pending.latest)
            .filter(|latest| now < latest.expires)
            .map(|latest| latest.stored(now))
    }

    /// Lets a change wait; `false` if there is no room for another session.
    pub(super) fn insert(&self, id: SessionId, pending: Pending) -> bool {
        let mut sessions = self.sessions(id);
        if !sessions.contains_key(&id) && !self.reserve() {
            return false;
        }
        sessions.insert(id, pending);
        true
    }

    fn reserve(&self) -> bool {
        let room = |held| (held < self.max).then_some(held + 1);
        self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
    }

    pub(super) fn remove(&self, id: SessionId) {
        if self.sessions(id).remove(&id).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// What is to be sent to the durable store next, and what it has.
    pub(super) fn send(&self, id: SessionId) -> Option<(Revision, Version)> {
        let mut sessions = self.sessions(id);
        let pending = sessions.get_mut(&id)?;
        let version = pending.sent.get_or_insert_with(|| pending.latest.clone()).clone();
        Some((pending.base, version))
    }

    /// The durable store has what was sent. The session is clean if nothing is newer.
    pub(super) fn arrived(&self, id: SessionId, version: &Version) {
        let mut sessions = self.sessions(id);
        let Some(pending) = sessions.get_mut(&id) else { return };
        (pending.base, pending.base_expires, pending.sent) = (version.revision(), version.expires, None);
        if pending.latest.is(version) {
            drop(sessions);
            self.remove(id);
        }
    }

    /// The dirty sessions at this moment.
    pub(super) fn ids(&self) -> Vec<SessionId> {
        let ids = |stripe: &Stripe| locked(&stripe.sessions).keys().copied().collect::<Vec<_>>();
        self.stripes.iter().flat_map(ids).collect()
    }

    fn stripe(&self, id: SessionId) -> &Stripe {
        let [.., last] = id.to_bytes();
        &self.stripes[usize::from(last) % STRIPES]
    }

    fn sessions(&self, id: SessionId) -> MutexGuard<'_, HashMap<SessionId, Pending>> {
        locked(&self.stripe(id).sessions)
    }
}

/// No other code runs under these locks, so a poisoned one guards nothing half written.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
