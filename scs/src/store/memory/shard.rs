use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use bytes::Bytes;

use super::{TailHash, terms::Terms};
use crate::{
    store::{Cursor, Entry, Revision, SessionId, Stored, Term, Updated},
    time::Timestamp,
};

/// The records whose ids end alike.
#[derive(Default)]
pub(super) struct Shard {
    records: HashMap<SessionId, Held, TailHash>,
    /// For each record a time at or before its expiry; touching a record leaves its entry behind.
    expiries: BinaryHeap<Reverse<(Timestamp, SessionId)>>,
}

/// Entries of deleted records that a shard keeps at least before it sorts them out.
const SPARE_EXPIRIES: usize = 64;

/// A record as it is held.
pub(super) struct Held {
    payload: Bytes,
    revision: Revision,
    expires: Timestamp,
    /// The time under which the shard will look at this record next; at or before its expiry.
    queued: Timestamp,
    pub(super) terms: Terms,
    pub(super) is_authenticated: bool,
}

/// How an insertion ended.
pub(super) enum Inserted {
    /// The shard holds one record more.
    New,
    /// The record took the place of an expired one.
    InsteadOf(Held),
    /// The record is there already: it was sent twice.
    Already,
    /// Another live record has the id.
    Occupied,
}

impl Held {
    pub(super) fn new(entry: &Entry, now: Timestamp) -> Self {
        let expires = now + entry.ttl();
        Self {
            payload: entry.payload().clone(),
            revision: entry.revision(),
            expires,
            queued: expires,
            terms: entry.terms().iter().copied().collect(),
            is_authenticated: entry.is_authenticated(),
        }
    }

    pub(super) fn has(&self, revision: Revision) -> bool {
        self.revision == revision
    }

    /// Whether this is what the entry wrote.
    pub(super) fn is(&self, entry: &Entry) -> bool {
        self.revision == entry.revision()
    }

    /// The terms of the record after this entry took its place. Another version of the application may
    /// have given it terms that the writer knows nothing of; they stay.
    fn terms_after(&self, entry: &Entry) -> Terms {
        let (gained, dropped) = (entry.terms(), entry.dropped_terms());
        let kept = self.terms.iter().filter(|term| !gained.contains(term) && !dropped.contains(term));
        gained.iter().chain(kept).copied().collect()
    }

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    pub(super) fn stored(&self, now: Timestamp) -> Stored {
        Stored::new(self.payload.clone(), self.revision, self.expires.since(now))
    }
}

impl Shard {
    pub(super) fn size(&self) -> (usize, usize) {
        (self.records.len(), self.records.values().map(|held| held.payload.len()).sum())
    }

    pub(super) fn live(&self, id: SessionId, now: Timestamp) -> Option<&Held> {
        self.records.get(&id).filter(|held| held.is_live(now))
    }

    /// Inserts unless a live record is there; `post` is called just before.
    pub(super) fn create(&mut self, id: SessionId, entry: &Entry, now: Timestamp, post: impl FnOnce()) -> Inserted {
        if let Some(held) = self.live(id, now) {
            return if held.is(entry) { Inserted::Already } else { Inserted::Occupied };
        }
        post();
        let held = Held::new(entry, now);
        let due = held.queued;
        let former = self.records.insert(id, held);
        self.queue(due, id);
        former.map_or(Inserted::New, Inserted::InsteadOf)
    }

    /// Replaces the record at the expected revision; `post` is called just before.
    pub(super) fn update(
        &mut self,
        id: SessionId,
        expected: Revision,
        entry: &Entry,
        now: Timestamp,
        post: impl FnOnce(&[Term]),
    ) -> (Updated, Option<Held>) {
        let Some(held) = self.records.get_mut(&id).filter(|held| held.is_live(now)) else {
            return (Updated::Gone, None);
        };
        if held.is(entry) {
            return (Updated::Updated, None);
        }
        if !held.has(expected) {
            return (Updated::Conflict, None);
        }
        let mut new = Held::new(entry, now);
        new.terms = held.terms_after(entry);
        post(&new.terms);
        let is_sooner = new.expires < held.queued;
        new.queued = new.queued.min(held.queued);
        let (due, replaced) = (new.queued, std::mem::replace(held, new));
        if is_sooner {
            self.queue(due, id);
        }
        (Updated::Updated, Some(replaced))
    }

    pub(super) fn touch(&mut self, id: SessionId, expected: Revision, now: Timestamp, expires: Timestamp) {
        let held = self.records.get_mut(&id).filter(|held| held.is_live(now) && held.revision == expected);
        let Some(held) = held else { return };
        held.expires = expires;
        if expires < held.queued {
            held.queued = expires;
            self.queue(expires, id);
        }
    }

    pub(super) fn remove(&mut self, id: SessionId) -> Option<Held> {
        self.records.remove(&id)
    }

    /// Looks at the record again when `due`. Entries that deleted records leave behind are sorted out
    /// when they are more than the others.
    fn queue(&mut self, due: Timestamp, id: SessionId) {
        self.expiries.push(Reverse((due, id)));
        if self.expiries.len() > 2 * self.records.len() + SPARE_EXPIRIES {
            let is_current = |entry: &Reverse<(Timestamp, SessionId)>| {
                let Reverse((due, id)) = entry;
                self.records.get(id).is_some_and(|held| held.queued == *due)
            };
            self.expiries = self.expiries.iter().filter(|entry| is_current(entry)).copied().collect();
        }
    }

    /// Takes out up to `limit` expired records.
    pub(super) fn take_expired(&mut self, now: Timestamp, limit: usize) -> Vec<(SessionId, Held)> {
        let mut expired = Vec::new();
        while expired.len() < limit {
            let Some(&Reverse((due, id))) = self.expiries.peek() else { break };
            if now < due {
                break;
            }
            self.expiries.pop();
            match self.records.get_mut(&id) {
                Some(held) if held.is_live(now) => {
                    held.queued = held.expires;
                    self.expiries.push(Reverse((held.expires, id)));
                }
                Some(_) => expired.extend(self.records.remove(&id).map(|held| (id, held))),
                None => {}
            }
        }
        expired
    }

    /// Up to `limit` live records with ids after `after`, in the order of their ids. Memory is
    /// bounded by the limit; the time is that of one pass over the shard.
    pub(super) fn live_after(
        &self,
        after: Option<SessionId>,
        limit: usize,
        now: Timestamp,
    ) -> Vec<(SessionId, Stored)> {
        let live = self.records.iter().filter(|(_, held)| held.is_live(now)).map(|(id, _)| *id);
        let ids = smallest_after(live, after, limit);
        ids.into_iter().map(|id| (id, self.records[&id].stored(now))).collect()
    }
}

/// The `limit` largest of the ids before `before`, the largest first.
pub(super) fn largest_before(
    ids: impl Iterator<Item = SessionId>,
    before: Option<SessionId>,
    limit: usize,
) -> Vec<SessionId> {
    let mut largest = BinaryHeap::new();
    for id in ids.filter(|id| before.is_none_or(|before| *id < before)) {
        largest.push(Reverse(id));
        if largest.len() > limit {
            largest.pop();
        }
    }
    largest.into_sorted_vec().into_iter().map(|Reverse(id)| id).collect()
}

/// The `limit` smallest of the ids after `after`, sorted.
fn smallest_after(ids: impl Iterator<Item = SessionId>, after: Option<SessionId>, limit: usize) -> Vec<SessionId> {
    let mut smallest = BinaryHeap::new();
    for id in ids.filter(|id| after.is_none_or(|after| *id > after)) {
        smallest.push(id);
        if smallest.len() > limit {
            smallest.pop();
        }
    }
    smallest.into_sorted_vec()
}

/// A cursor that goes on in shard `number` after an id.
pub(super) fn cursor(number: usize, after: Option<SessionId>) -> Cursor {
    let mut bytes = (number as u64).to_be_bytes().to_vec();
    bytes.extend(after.map(SessionId::to_bytes).into_iter().flatten());
    Cursor::new(bytes)
}

/// Where a cursor goes on; a cursor that this store did not make starts anew.
pub(super) fn read_cursor(cursor: Option<&Cursor>) -> (usize, Option<SessionId>) {
    let bytes = cursor.map_or(&[][..], Cursor::as_bytes);
    let Some((number, after)) = bytes.split_first_chunk() else { return (0, None) };
    let number = usize::try_from(u64::from_be_bytes(*number)).unwrap_or(usize::MAX);
    (number, after.first_chunk().map(|id| SessionId::from_bytes(*id)))
}
