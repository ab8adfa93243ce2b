//! Revisions: what compare-and-set compares.

use std::num::NonZeroU64;

use crate::time::nanoseconds;

/// The name of one written version of a record: a non-zero number drawn anew for each write.
///
/// Because the writer chooses it, a write that is sent twice recognises itself: a store that finds
/// the entry's own revision already in place answers that the write is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Revision(NonZeroU64);

impl Revision {
    /// Draws a revision that no other write has, except with a chance of 1 in 2⁶⁴.
    ///
    /// The generator belongs to the thread and asks the system for nothing. The time goes in with its number, because a
    /// copy of a running machine, or of a process, continues with the same state: the first writes of both would have one
    /// revision, and the second would take the record of the first for its own.
    pub fn random() -> Self {
        Self(NonZeroU64::new(fastrand::u64(..) ^ nanoseconds()).unwrap_or(NonZeroU64::MIN))
    }

    /// The revision with this number, as a store kept it; `None` for zero.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number to keep beside the record.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}
