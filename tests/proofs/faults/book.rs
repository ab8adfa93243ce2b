//! What is known of each session, and what is due of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use scs::SessionId;

use super::Fault;

/// What is known of the sessions of one round.
pub(super) struct Book {
    pub(super) fails: bool,
    pub(super) evicts: bool,
    pub(super) loses_places: bool,
    pages: Mutex<Pages>,
}

#[derive(Default)]
pub(super) struct Pages {
    /// Counts what begins and what is acknowledged, so that one can be told to be before the other.
    now: u64,
    pub(super) sessions: BTreeMap<SessionId, Known>,
    revocations: Vec<Revocation>,
    /// Calls that failed.
    pub(super) failures: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) account: u64,
    /// The last token that arrived.
    pub(super) token: String,
    signed_in: u64,
    /// Something has begun that ends it.
    pub(super) may_have_ended: bool,
    /// Requests for a place that are not answered yet, or never: the session ends if the place is given away meanwhile.
    pub(super) places_in_doubt: u32,
    /// And was acknowledged.
    pub(super) has_ended: bool,
    /// Additions that were acknowledged, and those that failed.
    pub(super) hits: (u64, u64),
}

struct Revocation {
    account: u64,
    began: u64,
    ended: Option<u64>,
}

/// A search under way: who must be found, and who must not.
pub(super) struct Search {
    account: u64,
    live: BTreeSet<SessionId>,
    over: BTreeSet<SessionId>,
}

impl Book {
    pub(super) fn of<F: Fault>(fault: &F) -> Self {
        Self { fails: F::FAILS, evicts: F::EVICTS, loses_places: fault.loses_places(), pages: Mutex::default() }
    }

    pub(super) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap()
    }

    /// A call failed, which it may or not.
    pub(super) fn fail(&self, what: &str, error: &dyn std::error::Error) {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        assert!(self.fails, "{what}: {error}: {source}");
        self.pages().failures += 1;
    }

    /// A session was signed in by a request that began then.
    pub(super) fn sign_in(&self, id: SessionId, account: u64, token: String, began: u64) {
        let mut pages = self.pages();
        let signed_in = pages.tick();
        let overlaps = |it: &Revocation| it.account == account && it.ended.is_none_or(|ended| ended > began);
        let may_have_ended = self.evicts || pages.revocations.iter().any(overlaps);
        let known =
            Known { account, token, signed_in, may_have_ended, places_in_doubt: 0, has_ended: false, hits: (0, 0) };
        pages.sessions.insert(id, known);
    }

    /// What a request finds behind the last token: whether there was a session, and its additions. `was_over`: it had ended
    /// before the request began.
    pub(super) fn see(&self, id: SessionId, was_over: bool, found: Option<(u64, u64)>) {
        let pages = self.pages();
        let known = &pages.sessions[&id];
        match found {
            None => assert!(known.may_be_over(), "a session is lost that nothing has ended: {id}, {known:?}"),
            Some((account, hits)) => {
                assert!(!was_over, "what has ended opens a session: {id}, {known:?}");
                assert_eq!(account, known.account, "{id}, {known:?}");
                let (done, open) = known.hits;
                assert!((done..=done + open).contains(&hits), "{hits} additions: {id}, {known:?}");
            }
        }
    }
}

impl Known {
    pub(super) const fn may_be_over(&self) -> bool {
        self.may_have_ended || self.places_in_doubt > 0
    }
}

impl Pages {
    pub(super) fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }

    pub(super) fn known(&mut self, id: SessionId) -> &mut Known {
        self.sessions.get_mut(&id).unwrap()
    }

    /// A revocation begins; the answer is its number.
    pub(super) fn begin_revocation(&mut self, account: u64) -> usize {
        let began = self.tick();
        self.revocations.push(Revocation { account, began, ended: None });
        let theirs = self.sessions.values_mut().filter(|known| known.account == account);
        theirs.for_each(|known| known.may_have_ended = true);
        self.revocations.len() - 1
    }

    pub(super) fn end_revocation(&mut self, number: usize, is_acknowledged: bool) {
        let now = self.tick();
        let Revocation { account, began, ended } = &mut self.revocations[number];
        *ended = Some(now);
        let before = |known: &&mut Known| known.account == *account && known.signed_in < *began;
        if is_acknowledged {
            self.sessions.values_mut().filter(before).for_each(|known| known.has_ended = true);
        }
    }

    pub(super) fn begin_search(&self, account: u64) -> Search {
        let ids = |is: fn(&Known) -> bool| {
            let theirs = self.sessions.iter().filter(move |(_, known)| is(known));
            theirs.filter(|(_, known)| known.account == account).map(|(id, _)| *id).collect()
        };
        Search { account, live: ids(|known| !known.may_be_over()), over: ids(|known| known.has_ended) }
    }

    pub(super) fn end_search(&self, search: &Search, found: &BTreeSet<SessionId>) {
        let Search { account, live, over } = search;
        for id in live.difference(found) {
            let known = &self.sessions[id];
            assert!(known.may_be_over(), "{id} of account {account} is not found: {known:?}");
        }
        let back: Vec<_> = over.intersection(found).collect();
        assert!(back.is_empty(), "found, and over: {back:?} of account {account}");
    }
}
