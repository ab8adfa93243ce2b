//! The lock of a state, and the turns in which user closures run without it.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a writer waits for another thread's closure on the same session. A closure that takes
/// longer (it blocks, or waits for this very thread) is overtaken rather than deadlocked on.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// How often a closure runs at most because another thread changed its value meanwhile. One that waits for a thread that
/// changes the same value each time ends with the last of these.
pub(super) const MOST_RUNS: u32 = 8;

/// A lock with turns. User closures read a value, run, and write a value; holding the lock would let
/// them deadlock, so they run under a turn instead: other writers wait, readers do not, and the
/// thread that has the turn may write and nest further closures.
pub(super) struct Turns<T> {
    shared: Mutex<Shared<T>>,
    freed: Condvar,
}

pub(super) struct Shared<T> {
    pub(super) value: T,
    turn: Option<Turn>,
    /// Threads that wait for the turn: waking costs a system call even if there are none.
    waiting: usize,
}

struct Turn {
    holder: usize,
    depth: usize,
    /// How often another thread went ahead, tired of waiting.
    overtakings: usize,
}

/// An address that no other living thread has: cheaper to ask for than a thread's id.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

impl<T> Turns<T> {
    #[inline]
    pub(super) const fn new(value: T) -> Self {
        Self { shared: Mutex::new(Shared { value, turn: None, waiting: 0 }), freed: Condvar::new() }
    }

    /// The value, without the lock.
    pub(super) fn get_mut(&mut self) -> &mut T {
        &mut self.shared.get_mut().unwrap_or_else(PoisonError::into_inner).value
    }

    /// Locks for reading, even while another thread has the turn.
    pub(super) fn read(&self) -> MutexGuard<'_, Shared<T>> {
        // No user code runs under the lock, so a poisoned lock guards nothing half written.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks for writing, after the closures of other threads.
    pub(super) fn write(&self) -> MutexGuard<'_, Shared<T>> {
        let shared = self.read();
        match &shared.turn {
            None => shared,
            Some(turn) if turn.holder == this_thread() => shared,
            Some(_) => self.wait_for_turn(shared),
        }
    }

    #[cold]
    fn wait_for_turn<'a>(&'a self, mut shared: MutexGuard<'a, Shared<T>>) -> MutexGuard<'a, Shared<T>> {
        let me = this_thread();
        let give_up = Instant::now() + LONGEST_WAIT;
        shared.waiting += 1;
        while shared.turn.as_ref().is_some_and(|turn| turn.holder != me) {
            let left = give_up.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (shared, _) = self.freed.wait_timeout(shared, left).unwrap_or_else(PoisonError::into_inner);
        }
        shared.waiting -= 1;
        if let Some(turn) = shared.turn.as_mut().filter(|turn| turn.holder != me) {
            turn.overtakings += 1;
        }
        shared
    }

    /// Takes a turn for a closure that is about to run on this thread, with the lock: for what the closure is to be given.
    pub(super) fn take(&self) -> (TurnGuard<'_, T>, MutexGuard<'_, Shared<T>>) {
        let mut shared = self.write();
        let me = this_thread();
        let turn = shared.turn.get_or_insert(Turn { holder: me, depth: 0, overtakings: 0 });
        let held = turn.holder == me;
        if held {
            turn.depth += 1;
        }
        let overtakings = turn.overtakings;
        (TurnGuard { turns: self, held, overtakings }, shared)
    }

    fn leave(&self, mut shared: MutexGuard<'_, Shared<T>>) {
        if let Some(turn) = &mut shared.turn {
            turn.depth -= 1;
            if turn.depth == 0 {
                shared.turn = None;
                if shared.waiting > 0 {
                    self.freed.notify_all();
                }
            }
        }
    }
}

/// Gives the turn back, also when the closure panics.
pub(super) struct TurnGuard<'a, T> {
    turns: &'a Turns<T>,
    /// Not if another thread's closure was overtaken.
    held: bool,
    overtakings: usize,
}

impl<'a, T> TurnGuard<'a, T> {
    /// Locks for writing what the closure left behind. Tells too whether another thread may have written since the turn
    /// was taken, or since the last call.
    pub(super) fn lock(&mut self) -> (MutexGuard<'a, Shared<T>>, bool) {
        let shared = self.turns.write();
        let overtakings = shared.turn.as_ref().filter(|_| self.held).map(|turn| turn.overtakings);
        let was_overtaken = overtakings != Some(self.overtakings);
        self.overtakings = overtakings.unwrap_or_default();
        (shared, was_overtaken)
    }

    /// Gives the turn back under the lock under which the result was written.
    pub(super) fn finish(mut self, shared: MutexGuard<'a, Shared<T>>) {
        if std::mem::take(&mut self.held) {
            self.turns.leave(shared);
        }
    }
}

impl<T> Drop for TurnGuard<'_, T> {
    fn drop(&mut self) {
        if self.held {
            self.turns.leave(self.turns.read());
        }
    }
}
