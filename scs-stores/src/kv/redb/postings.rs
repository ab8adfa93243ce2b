//! The index: ids under terms, until the deadlines of their records.

use std::time::Duration;

use redb::ReadableTable as _;
use scs::store::{Admission, Entry, Holder, SessionId, Term};

use crate::millis::duration;

use super::{
    error::Failure,
    record::later,
    tables::{LAST, Tables},
};

/// Until when an id is under a term, and since when.
#[derive(Clone, Copy)]
struct Posting {
    attached: i64,
    deadline: i64,
}

impl Tables<'_> {
    fn posting(&mut self, term: Term, id: SessionId) -> Result<Option<Posting>, Failure> {
        let posting = self.postings()?.get((&term.to_bytes(), &id.to_bytes()))?.map(|row| row.value());
        Ok(posting.map(|(attached, deadline)| Posting { attached, deadline }))
    }

    /// Whether the id has every place that the entry relies on.
    pub(super) fn has_places(&mut self, id: SessionId, entry: &Entry) -> Result<bool, Failure> {
        for &term in entry.places() {
            let place = self.posting(term, id)?;
            if place.is_none_or(|place| place.deadline <= self.now) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds an id under terms, or keeps it there until another deadline; when a term was attached first stays.
    pub(super) fn post(&mut self, id: SessionId, terms: &[Term], deadline: i64) -> Result<(), Failure> {
        terms.iter().try_for_each(|&term| self.post_one(term, id, deadline))
    }

    fn post_one(&mut self, term: Term, id: SessionId, deadline: i64) -> Result<(), Failure> {
        let former = self.posting(term, id)?;
        if former.is_some_and(|former| former.deadline == deadline) {
            return Ok(());
        }
        self.unpost(id, [term])?;
        let attached = former.filter(|former| self.now < former.deadline).map_or(self.now, |former| former.attached);
        self.postings()?.insert((&term.to_bytes(), &id.to_bytes()), (attached, deadline))?;
        self.deadlines()?.insert((deadline, &term.to_bytes(), &id.to_bytes()), ())?;
        self.is_changed = true;
        Ok(())
    }

    pub(super) fn unpost(&mut self, id: SessionId, terms: impl IntoIterator<Item = Term>) -> Result<(), Failure> {
        for term in terms {
            let (term, id) = (&term.to_bytes(), &id.to_bytes());
            let Some((_, deadline)) = self.postings()?.remove((term, id))?.map(|row| row.value()) else { continue };
            self.deadlines()?.remove((deadline, term, id))?;
            self.is_changed = true;
        }
        Ok(())
    }

    /// A live record that has the term keeps its entry.
    pub(super) fn forget(&mut self, term: Term, id: SessionId) -> Result<(), Failure> {
        match self.live(id)?.is_some_and(|record| record.terms.contains(&term)) {
            true => Ok(()),
            false => self.unpost(id, [term]),
        }
    }

    pub(super) fn admit(&mut self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, Failure> {
        let mut others = self.under(term)?;
        others.retain(|(_, other)| *other != id);
        if others.len() >= max {
            others.sort_unstable();
            let holder = |(attached, id)| Holder { id, attached_for: duration(self.now.saturating_sub(attached)) };
            return Ok(Admission::Full(others.into_iter().map(holder).collect()));
        }
        // A record that is there already lives as long as it was promised.
        let promised = self.posting(term, id)?.map_or(0, |posting| posting.deadline);
        self.post_one(term, id, promised.max(later(self.now, ttl)))?;
        Ok(Admission::Admitted)
    }

    /// The ids under a term, with when they were attached.
    fn under(&mut self, term: Term) -> Result<Vec<(i64, SessionId)>, Failure> {
        let (now, term) = (self.now, &term.to_bytes());
        let mut under = Vec::new();
        for row in self.postings()?.range((term, &[0; 16])..=(term, &LAST))? {
            let (key, span) = row?;
            let ((_, id), (attached, deadline)) = (key.value(), span.value());
            if now < deadline {
                under.push((attached, SessionId::from_bytes(*id)));
            }
        }
        Ok(under)
    }

    /// Removes up to `limit` ids whose deadline is past from under their terms, and says how many: those of sessions
    /// that were admitted and never created, and of terms that others attached.
    pub(super) fn trim(&mut self, limit: usize) -> Result<usize, Failure> {
        let past = self.past(limit)?;
        for (term, id) in &past {
            self.unpost(*id, [*term])?;
        }
        Ok(past.len())
    }

    fn past(&mut self, limit: usize) -> Result<Vec<(Term, SessionId)>, Failure> {
        let (now, mut past) = (self.now, Vec::new());
        for row in self.deadlines()?.range(..=(now, &LAST, &LAST))?.take(limit) {
            let (key, _) = row?;
            let (_, term, id) = key.value();
            past.push((Term::from_bytes(*term), SessionId::from_bytes(*id)));
        }
        Ok(past)
    }
}
