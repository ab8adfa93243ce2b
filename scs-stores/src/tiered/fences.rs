//! What this process itself has done, which it remembers whatever becomes of the cache's entries.
//!
//! While a session is being written, and for a while after a deletion or a write of unknown outcome, its id is
//! fenced: reads of it go to the durable store and leave nothing in the cache. A ticket, taken before a read,
//! tells afterwards whether a write came in between.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use scs::{Clock, SessionId, Timestamp};

/// So many that a write seldom outdates the ticket of another session.
const STRIPES: usize = 1024;

pub(super) struct Fences {
    stripes: Box<[Mutex<Stripe>]>,
    /// How long a fence stays after a write that did not lift it.
    life: Duration,
    clock: Arc<dyn Clock>,
}

/// Sessions whose ids end alike.
#[derive(Default)]
struct Stripe {
    /// Counts the beginnings and ends of writes.
    generation: u64,
    fences: HashMap<SessionId, Fence>,
}

struct Fence {
    /// Writes under way.
    writes: usize,
    /// Writes that have begun since the fence went up.
    begun: u64,
    stays_until: Timestamp,
}

impl Fence {
    fn is_up(&self, now: Timestamp) -> bool {
        self.writes > 0 || now < self.stays_until
    }
}

/// The right to put into the cache what a read finds, as long as it is current.
pub(super) struct Ticket {
    id: SessionId,
    generation: u64,
    taken: Timestamp,
}

impl Fences {
    pub(super) fn new(life: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::default()).collect(), life, clock }
    }

    /// A ticket for a read that begins now; `None` if the cache is not to be used for this session.
    pub(super) fn ticket(&self, id: SessionId) -> Option<Ticket> {
        let taken = self.clock.now();
        let stripe = self.stripe(id);
        let is_fenced = stripe.fences.get(&id).is_some_and(|fence| fence.is_up(taken));
        (!is_fenced).then_some(Ticket { id, generation: stripe.generation, taken })
    }

    /// Whether no write has begun or ended since the ticket was taken.
    pub(super) fn is_current(&self, ticket: &Ticket) -> bool {
        self.stripe(ticket.id).generation == ticket.generation
    }

    /// How long ago the ticket was taken.
    pub(super) fn age(&self, ticket: &Ticket) -> Duration {
        self.clock.now().since(ticket.taken)
    }

    /// Fences a session that is about to be written.
    pub(super) fn begin(&self, id: SessionId) -> Write<'_> {
        let begun = self.clock.now();
        let mut stripe = self.stripe(id);
        stripe.generation += 1;
        stripe.fences.retain(|_, fence| fence.is_up(begun));
        let fence = stripe.fences.entry(id).or_insert(Fence { writes: 0, begun: 0, stays_until: begun });
        fence.writes += 1;
        fence.begun += 1;
        Write { fences: self, id, number: fence.begun, begun, lifts: false }
    }

    fn end(&self, write: &Write<'_>) {
        let stays_until = if write.lifts { write.begun } else { self.clock.now() + self.life };
        let mut stripe = self.stripe(write.id);
        stripe.generation += 1;
        if let Some(fence) = stripe.fences.get_mut(&write.id) {
            fence.writes -= 1;
            fence.stays_until = fence.stays_until.max(stays_until);
        }
    }

    fn stripe(&self, id: SessionId) -> MutexGuard<'_, Stripe> {
        let [.., high, low] = id.to_bytes();
        let number = usize::from(u16::from_be_bytes([high, low])) % STRIPES;
        // No other code runs under these locks, so a poisoned one guards nothing half written.
        self.stripes[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write under way. Dropped at any point, it leaves the fence up: nobody knows what the store has done.
pub(super) struct Write<'f> {
    fences: &'f Fences,
    id: SessionId,
    number: u64,
    begun: Timestamp,
    lifts: bool,
}

impl Write<'_> {
    pub(super) fn id(&self) -> SessionId {
        self.id
    }

    /// Whether no other write of this session has begun since, which may have come after it in the durable
    /// store and before it in the cache.
    pub(super) fn is_latest(&self) -> bool {
        self.fences.stripe(self.id).fences.get(&self.id).is_some_and(|fence| fence.begun == self.number)
    }

    /// How long ago the write began.
    pub(super) fn age(&self) -> Duration {
        self.fences.clock.now().since(self.begun)
    }

    /// Ends the write and lifts its fence, because the cache has nothing that is older.
    pub(super) fn lift(mut self) {
        self.lifts = true;
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.fences.end(self);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    struct Ticking(AtomicU64);

    impl Clock for Ticking {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_millis(self.0.fetch_add(5, Ordering::Relaxed))
        }
    }

    #[test]
    fn a_hundred_thousand_deletions_leave_no_more_fences_than_are_up() {
        let fences = Fences::new(Duration::from_secs(2), Arc::new(Ticking(AtomicU64::new(0))));
        for number in 0..100_000_u128 {
            drop(fences.begin(SessionId::from_bytes(number.to_be_bytes())));
        }
        let held: usize =
            fences.stripes.iter().map(|stripe| stripe.lock().map_or(0, |stripe| stripe.fences.len())).sum();
        assert!(held <= 2 * STRIPES, "{held} fences");
    }
}
