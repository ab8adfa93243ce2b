//! What writing operations do within a transaction.

use std::time::Duration;

use redb::ReadableTable as _;
use scs::store::{Created, Deleted, Entry, Revision, SessionId, Term, Updated};

use super::{
    error::Failure,
    record::{Record, later},
    tables::{LAST, Tables},
};

/// How far a purge came.
pub(super) struct Purged {
    pub(super) deleted: usize,
    pub(super) is_done: bool,
}

impl Tables<'_> {
    fn record(&mut self, id: SessionId) -> Result<Option<Record>, Failure> {
        let Some(bytes) = self.records()?.get(&id.to_bytes())? else { return Ok(None) };
        Record::decode(bytes.value()).ok_or(Failure::Damaged(id)).map(Some)
    }

    pub(super) fn live(&mut self, id: SessionId) -> Result<Option<Record>, Failure> {
        Ok(self.record(id)?.filter(|record| record.is_live(self.now)))
    }

    pub(super) fn create(&mut self, id: SessionId, entry: &Entry) -> Result<Created, Failure> {
        if let Some(record) = self.live(id)? {
            return Ok(if record.is(entry) { Created::Created } else { Created::Occupied });
        }
        if !self.has_places(id, entry)? {
            return Ok(Created::NotAdmitted);
        }
        self.remove(id)?;
        let record = Record::new(entry, self.now);
        self.post(id, &record.terms, later(self.now, entry.lifetime()))?;
        self.put(id, &record, None)?;
        Ok(Created::Created)
    }

    pub(super) fn update(&mut self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, Failure> {
        let Some(record) = self.live(id)? else { return Ok(Updated::Gone) };
        if record.is(entry) {
            return Ok(Updated::Updated);
        }
        if record.revision != expected {
            return Ok(Updated::Conflict);
        }
        if !self.has_places(id, entry)? {
            return Ok(Updated::NotAdmitted);
        }
        let next = record.followed_by(entry, self.now);
        if entry.moves_terms() || !entry.places().is_empty() {
            self.post(id, &next.terms, later(self.now, entry.lifetime()))?;
            let lost = entry.dropped_terms().iter().copied().filter(|term| !next.terms.contains(term));
            self.unpost(id, lost)?;
        }
        self.put(id, &next, Some(record.queued))?;
        Ok(Updated::Updated)
    }

    pub(super) fn touch(&mut self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), Failure> {
        let Some(record) = self.live(id)?.filter(|record| record.revision == expected) else { return Ok(()) };
        let queued = record.queued;
        self.put(id, &record.expiring(later(self.now, ttl)), Some(queued))
    }

    pub(super) fn delete(&mut self, id: SessionId) -> Result<bool, Failure> {
        Ok(self.remove(id)?.is_some_and(|record| record.is_live(self.now)))
    }

    pub(super) fn delete_at(&mut self, id: SessionId, expected: Revision) -> Result<Deleted, Failure> {
        let Some(record) = self.live(id)? else { return Ok(Deleted::Gone) };
        if record.revision != expected {
            return Ok(Deleted::Conflict);
        }
        self.remove(id)?;
        Ok(Deleted::Deleted)
    }

    pub(super) fn delete_under(&mut self, term: Term, id: SessionId) -> Result<bool, Failure> {
        let has_it = self.live(id)?.is_some_and(|record| record.terms.contains(&term));
        if has_it {
            self.remove(id)?;
        }
        self.unpost(id, [term])?;
        Ok(has_it)
    }

    /// Deletes up to `limit` expired records, and lets go of index entries past their deadline; looks at no more
    /// than `step` of either.
    pub(super) fn purge(&mut self, limit: usize, step: usize) -> Result<Purged, Failure> {
        let due = self.due(step)?;
        let mut deleted = 0;
        for (time, id) in &due {
            if deleted == limit {
                break;
            }
            deleted += usize::from(self.expire(*time, *id)?);
        }
        let trimmed = self.trim(step)?;
        Ok(Purged { deleted, is_done: due.len() < step && trimmed < step })
    }

    /// What to look at by now.
    fn due(&mut self, limit: usize) -> Result<Vec<(i64, SessionId)>, Failure> {
        let (now, mut due) = (self.now, Vec::new());
        for row in self.expiries()?.range(..=(now, &LAST))?.take(limit) {
            let (key, _) = row?;
            let (time, id) = key.value();
            due.push((time, SessionId::from_bytes(*id)));
        }
        Ok(due)
    }

    /// Deletes a record, unless it was given a longer life since it was noted.
    fn expire(&mut self, noted: i64, id: SessionId) -> Result<bool, Failure> {
        let found = self.record(id);
        let is_there = !matches!(found, Ok(None));
        match found {
            Ok(Some(mut record)) if record.is_live(self.now) => {
                record.queued = record.expires;
                self.put(id, &record, Some(noted))?;
                Ok(false)
            }
            Ok(_) | Err(Failure::Damaged(_)) => {
                self.remove(id)?;
                self.expiries()?.remove((noted, &id.to_bytes()))?;
                self.is_changed = true;
                Ok(is_there)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Writes a record, and notes when to look at it if that is not noted.
    fn put(&mut self, id: SessionId, record: &Record, noted: Option<i64>) -> Result<(), Failure> {
        let key = &id.to_bytes();
        self.records()?.insert(key, &*record.encode())?;
        self.is_changed = true;
        if noted == Some(record.queued) {
            return Ok(());
        }
        if let Some(noted) = noted {
            self.expiries()?.remove((noted, key))?;
        }
        self.expiries()?.insert((record.queued, key), ())?;
        Ok(())
    }

    /// Removes a record, live or not, and everything that leads to it. One that is damaged leads nowhere.
    fn remove(&mut self, id: SessionId) -> Result<Option<Record>, Failure> {
        let key = &id.to_bytes();
        let Some(bytes) = self.records()?.remove(key)?.map(|bytes| bytes.value().to_vec()) else { return Ok(None) };
        self.is_changed = true;
        let Some(record) = Record::decode(&bytes) else { return Ok(None) };
        self.expiries()?.remove((record.queued, key))?;
        self.unpost(id, record.terms.iter().copied())?;
        Ok(Some(record))
    }
}
