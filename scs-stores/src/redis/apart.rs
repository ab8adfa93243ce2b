//! Postings that are written apart from their record, because in a cluster they lie on other nodes.
//!
//! On one server a script writes both, and all of this does nothing. In a cluster a term is posted before its record is
//! written, so that no live record is ever missing. Meanwhile somebody may have found the posting without the record and
//! forgotten it; therefore it is posted once more afterwards. What is removed is removed only if it is still the posting
//! that was seen before the record was looked at: whoever gains the term meanwhile posts it anew.

use futures_util::future::try_join_all;
use scs::store::{Entry, SessionId, StoreError, Term};

use super::{RedisStore, record, scripts};
use crate::millis::millis;

/// What is to be done at the postings after the record was written.
pub(super) struct Apart {
    gained: Vec<Term>,
    lifetime: i64,
    dropped: Vec<Seen>,
}

/// A posting as it was before the record was looked at: under which term, and its deadline, by which it is known.
struct Seen {
    term: Term,
    deadline: Option<String>,
}

impl RedisStore {
    /// The terms whose postings the record's own script writes.
    pub(super) fn together<'a>(&self, terms: &'a [Term]) -> &'a [Term] {
        if self.connection.is_cluster() { &[] } else { terms }
    }

    /// The terms whose postings are written apart from the record.
    fn apart<'a>(&self, terms: &'a [Term]) -> &'a [Term] {
        if self.connection.is_cluster() { terms } else { &[] }
    }

    /// Before the record is written: posts what it gains and looks at what it loses, in one round trip.
    pub(super) async fn announce(
        &self,
        id: SessionId,
        entry: &Entry,
        gained: &[Term],
        dropped: &[Term],
    ) -> Result<Apart, StoreError> {
        let (gained, dropped) = (self.apart(gained).to_vec(), self.apart(dropped));
        let lifetime = millis(entry.lifetime());
        let ((), dropped) = futures_util::try_join!(self.post(id, &gained, lifetime), self.look(id, dropped))?;
        Ok(Apart { gained, lifetime, dropped })
    }

    /// After the record was written.
    pub(super) async fn settle(&self, id: SessionId, apart: Apart) -> Result<(), StoreError> {
        let Apart { gained, lifetime, dropped } = apart;
        futures_util::try_join!(self.post(id, &gained, lifetime), self.remove(id, &dropped))?;
        Ok(())
    }

    /// After the record was not written: removes what was posted for it, for a limit would count it.
    pub(super) async fn withdraw(&self, id: SessionId, apart: Apart) -> Result<(), StoreError> {
        self.unpost(id, &apart.gained).await
    }

    /// Removes the postings of a record that was just deleted.
    pub(super) async fn unpost(&self, id: SessionId, terms: &[Term]) -> Result<(), StoreError> {
        match self.apart(terms) {
            [] => self.forget_together(id, terms).await,
            terms => self.forget_apart(id, terms).await,
        }
    }

    /// Removes the postings of these terms that the record does not have, in one script.
    async fn forget_together(&self, id: SessionId, terms: &[Term]) -> Result<(), StoreError> {
        if terms.is_empty() {
            return Ok(());
        }
        let call = scripts::FORGET.on(&self.keys.record_and(id, terms)).arg(&id.to_bytes()).arg(record::join(terms));
        self.connection.call(&call).await
    }

    /// The same in three steps, of which the first is what makes the last one safe.
    async fn forget_apart(&self, id: SessionId, terms: &[Term]) -> Result<(), StoreError> {
        let mut seen = self.look(id, terms).await?;
        let call = scripts::TERMS.on(&[self.keys.record(id)]);
        let has = self.connection.call::<Option<Vec<u8>>>(&call).await?.map(|terms| record::split(&terms));
        seen.retain(|seen| !has.as_ref().is_some_and(|has| has.contains(&seen.term)));
        self.remove(id, &seen).await
    }

    async fn post(&self, id: SessionId, terms: &[Term], lifetime: i64) -> Result<(), StoreError> {
        let post = |term: &Term| {
            let call = scripts::POST.on(&self.keys.term(*term)).arg(&id.to_bytes()).arg(lifetime);
            async move { self.connection.call::<()>(&call).await }
        };
        try_join_all(terms.iter().map(post)).await.map(drop)
    }

    async fn look(&self, id: SessionId, terms: &[Term]) -> Result<Vec<Seen>, StoreError> {
        try_join_all(terms.iter().map(|&term| async move {
            let [deadlines, _] = self.keys.term(term);
            let command = redis::Cmd::zscore(deadlines, &id.to_bytes());
            Ok(Seen { term, deadline: self.connection.command(&command).await? })
        }))
        .await
    }

    async fn remove(&self, id: SessionId, postings: &[Seen]) -> Result<(), StoreError> {
        let remove = |(term, deadline): (Term, &String)| {
            let call = scripts::UNPOST.on(&self.keys.term(term)).arg(&id.to_bytes()).arg(deadline);
            async move { self.connection.call::<()>(&call).await }
        };
        let there = postings.iter().filter_map(|seen| Some((seen.term, seen.deadline.as_ref()?)));
        try_join_all(there.map(remove)).await.map(drop)
    }
}
