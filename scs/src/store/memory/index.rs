use std::collections::HashMap;

use super::{TailHash, shard::largest_before};
use crate::{
    store::{Admission, Holder, SessionId, Term},
    time::Timestamp,
};

/// The ids under the terms that end alike.
#[derive(Default)]
pub(super) struct IndexShard {
    postings: HashMap<Term, Postings, TailHash>,
}

/// The ids under one term.
#[derive(Default)]
struct Postings {
    ids: HashMap<SessionId, Posting, TailHash>,
    /// How many ids there may be before those that have expired are looked for: twice as many as
    /// were left the last time, so that adding takes constant time.
    trim_at: usize,
}

impl Postings {
    fn trim(&mut self, now: Timestamp) {
        self.ids.retain(|_, posting| now < posting.expires);
        self.trim_at = 2 * self.ids.len() + 16;
    }
}

/// One id under one term.
#[derive(Clone, Copy)]
pub(super) struct Posting {
    /// When the id came to have the term, by which the oldest is found.
    pub(super) attached: Timestamp,
    /// The record's absolute deadline.
    pub(super) expires: Timestamp,
}

impl IndexShard {
    pub(super) fn size(&self) -> usize {
        self.postings.values().map(|postings| postings.ids.len()).sum()
    }

    /// Adds an id, or keeps it for longer; when it was attached first stays.
    pub(super) fn add(&mut self, term: Term, id: SessionId, new: Posting) {
        let postings = self.postings.entry(term).or_default();
        if let Some(posting) = postings.ids.get_mut(&id) {
            posting.expires = new.expires;
            return;
        }
        if postings.ids.len() >= postings.trim_at {
            postings.trim(new.attached);
        }
        postings.ids.insert(id, new);
    }

    pub(super) fn remove(&mut self, term: Term, id: SessionId) {
        if let Some(postings) = self.postings.get_mut(&term) {
            postings.ids.remove(&id);
            if postings.ids.is_empty() {
                self.postings.remove(&term);
            }
        }
    }

    pub(super) fn has(&self, term: Term, id: SessionId, now: Timestamp) -> bool {
        let posting = self.postings.get(&term).and_then(|postings| postings.ids.get(&id));
        posting.is_some_and(|posting| now < posting.expires)
    }

    /// Up to `limit` ids under the term, the newest first.
    pub(super) fn before(&self, term: Term, before: Option<SessionId>, limit: usize, now: Timestamp) -> Vec<SessionId> {
        let ids = self.postings.get(&term).into_iter().flat_map(|postings| &postings.ids);
        let live = ids.filter(|(_, posting)| now < posting.expires).map(|(id, _)| *id);
        largest_before(live, before, limit)
    }

    pub(super) fn admit(&mut self, term: Term, id: SessionId, max: usize, new: Posting) -> Admission {
        let postings = self.postings.entry(term).or_default();
        postings.trim(new.attached);
        let own = postings.ids.get(&id).map(|posting| posting.expires);
        if postings.ids.len() - usize::from(own.is_some()) < max {
            // A record that is there already is found for as long as it can live.
            let expires = own.map_or(new.expires, |expires| expires.max(new.expires));
            self.add(term, id, Posting { expires, ..new });
            return Admission::Admitted;
        }
        let others = postings.ids.iter().filter(|(other, _)| **other != id);
        let mut oldest_first: Vec<_> = others.map(|(id, posting)| (posting.attached, *id)).collect();
        oldest_first.sort_unstable();
        let holder = |(attached, id)| Holder { id, attached_for: new.attached.since(attached) };
        Admission::Full(oldest_first.into_iter().map(holder).collect())
    }
}
