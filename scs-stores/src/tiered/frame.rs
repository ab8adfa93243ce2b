//! How a record is written into a cache that is itself a store.
//!
//! A cached record leaves the cache long before it ends, so its frame says by how much it outlives its place
//! there: eight bytes in front of the payload, milliseconds. From that and the time the place has left follows
//! the time the record has left, by the cache's own clock alone. A marker is an empty payload, which no record is.

use std::time::Duration;

use scs::store::{Bytes, Entry, Revision, Stored};

use crate::millis::{duration, millis};

/// The bytes of a time.
const FRAME: usize = size_of::<i64>();

/// What a cache has under an id.
pub(super) enum Cached {
    Record(Stored),
    /// Whoever put it there knows that the record has changed, or is gone, and not to what.
    Marker(Revision),
}

/// A record with `ttl` left that stays in the cache for `stay`. It has the record's own revision, which is what
/// the next write expects.
pub(super) fn record(payload: &[u8], revision: Revision, ttl: Duration, stay: Duration) -> Entry {
    let stay = stay.min(ttl);
    let mut framed = Vec::with_capacity(FRAME + payload.len());
    framed.extend(millis(ttl - stay).to_be_bytes());
    framed.extend(payload);
    Entry::new(framed, stay).with_revision(revision)
}

pub(super) fn marker(stay: Duration) -> Entry {
    Entry::new(Bytes::new(), stay)
}

/// What was written here; anything else counts as a marker and is overwritten like one.
pub(super) fn read(stored: &Stored) -> Cached {
    let Some((outlives, _)) = stored.payload().split_first_chunk::<FRAME>() else {
        return Cached::Marker(stored.revision());
    };
    let ttl = stored.ttl().saturating_add(duration(i64::from_be_bytes(*outlives)));
    Cached::Record(Stored::new(stored.payload().slice(FRAME..), stored.revision(), ttl))
}
