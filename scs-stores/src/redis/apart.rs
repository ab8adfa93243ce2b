//! Postings that are written apart from their record, because in a cluster they lie on other nodes.
//!
//! On one server a script writes both, and all of this does nothing. In a cluster a term is posted before its record is
//! written, so that no live record is ever missing. Meanwhile somebody may have found the posting without the record and
//! forgotten it; therefore it is posted once more afterwards. A place that the write relies on is looked at both times: if
//! another sign-in has taken it in between, the new record is deleted, as an existing one would have been. What is removed is removed only if it is still the posting
//! that was seen before the record was looked at: whoever gains the term meanwhile posts it anew.

use std::{
    future::pending,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::try_join_all;
use scs::store::{Entry, SessionId, StoreError, Term};
use tokio::runtime::Handle;

use super::{RedisStore, record, scripts};
use crate::millis::millis;

/// What is to be done at the postings after the record was written.
pub(super) struct Apart {
    /// Terms without those under which it must have a place.
    gained: Vec<Term>,
    places: Vec<Term>,
    lifetime: i64,
    dropped: Vec<Seen>,
}

/// A posting as it was before the record was looked at: under which term, and its deadline, by which it is known.
struct Seen {
    term: Term,
    deadline: Option<String>,
}

/// Work that goes on in the background if it is dropped once it has begun.
struct ToTheEnd<T: Send + 'static> {
    work: Pin<Box<dyn Future<Output = T> + Send>>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    UnderWay,
    Done,
}

impl<T: Send> Future for ToTheEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let polled = self.work.as_mut().poll(context);
        self.stage = if polled.is_ready() { Stage::Done } else { Stage::UnderWay };
        polled
    }
}

impl<T: Send> Drop for ToTheEnd<T> {
    fn drop(&mut self) {
        if self.stage == Stage::UnderWay
            && let Ok(runtime) = Handle::try_current()
        {
            let work = std::mem::replace(&mut self.work, Box::pin(pending()));
            runtime.spawn(async move { drop(work.await) });
        }
    }
}

impl Apart {
    /// Posts these too: the record had them before, and its writer does not know them.
    pub(super) fn keep(&mut self, besides: &[Term]) {
        self.gained.extend(besides);
    }
}

impl RedisStore {
    /// Runs what takes several calls in a cluster to its end, also if its caller gives up in between: a record that was written
    /// may have only its first posting, which another process may have forgotten since.
    pub(super) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.connection.is_cluster() {
            true => ToTheEnd { work: Box::pin(work), stage: Stage::New }.await,
            false => work.await,
        }
    }

    /// The terms whose postings the record's own script writes.
    pub(super) fn together<'a>(&self, terms: &'a [Term]) -> &'a [Term] {
        if self.connection.is_cluster() { &[] } else { terms }
    }

    /// The terms whose postings are written apart from the record.
    fn apart<'a>(&self, terms: &'a [Term]) -> &'a [Term] {
        if self.connection.is_cluster() { terms } else { &[] }
    }

    /// Before the record is written: posts what it gains and looks at what it loses, in one round trip. `None` if a place
    /// that it relies on is gone.
    pub(super) async fn announce(
        &self,
        id: SessionId,
        entry: &Entry,
        gained: &[Term],
        dropped: &[Term],
    ) -> Result<Option<Apart>, StoreError> {
        let (places, lifetime) = (self.apart(entry.places()).to_vec(), millis(entry.lifetime()));
        let gained: Vec<_> = self.apart(gained).iter().filter(|term| !places.contains(term)).copied().collect();
        let (post, hold) = (self.post(id, &gained, lifetime), self.hold(id, &places, lifetime));
        let ((), has_places, dropped) = futures_util::try_join!(post, hold, self.look(id, self.apart(dropped)))?;
        let apart = Apart { gained, places, lifetime, dropped };
        match has_places {
            true => Ok(Some(apart)),
            false => self.withdraw(id, &apart).await.map(|()| None),
        }
    }

    /// After the record was written; `false` if a place that it relies on was taken since it was announced. Then it has
    /// ended, whatever was written on top of it.
    pub(super) async fn settle(&self, id: SessionId, apart: &Apart) -> Result<bool, StoreError> {
        let Apart { gained, places, lifetime, dropped } = apart;
        let (post, hold) = (self.post(id, gained, *lifetime), self.hold(id, places, *lifetime));
        let ((), has_places, ()) = futures_util::try_join!(post, hold, self.remove(id, dropped))?;
        if !has_places {
            for term in places {
                self.end_under(*term, id).await?;
            }
        }
        Ok(has_places)
    }

    /// Deletes the record if it has the term, and takes its id from under the term. In a cluster the posting is looked at
    /// after that: a write that gains the term meanwhile posts the session again, and gains the term after that.
    pub(super) async fn end_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        let call = scripts::DELETE_UNDER.on(&self.keys.record_and(id, self.together(&[term])));
        let call = call.arg(&id.to_bytes()).arg(&term.to_bytes());
        match self.write::<Option<Vec<u8>>>(&call, true).await? {
            Some(terms) => self.unpost(id, &record::split(&terms)).await.map(|()| true),
            None => self.forget_apart(id, self.apart(&[term])).await.map(|()| false),
        }
    }

    /// After the record was not written: removes what was posted for it, for a limit would count it.
    pub(super) async fn withdraw(&self, id: SessionId, apart: &Apart) -> Result<(), StoreError> {
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

    /// The same in a cluster in three steps, of which the first is what makes the last one safe.
    async fn forget_apart(&self, id: SessionId, terms: &[Term]) -> Result<(), StoreError> {
        if terms.is_empty() {
            return Ok(());
        }
        let mut seen = self.look(id, terms).await?;
        let call = scripts::TERMS.on(&[self.keys.record(id)]);
        let has = self.connection.call::<Option<Vec<u8>>>(&call).await?.map(|terms| record::split(&terms));
        seen.retain(|seen| !has.as_ref().is_some_and(|has| has.contains(&seen.term)));
        self.remove(id, &seen).await
    }

    async fn post(&self, id: SessionId, terms: &[Term], lifetime: i64) -> Result<(), StoreError> {
        let post = |term: &Term| {
            let call = scripts::POST.on(&[self.keys.term(*term)]).arg(&id.to_bytes()).arg(lifetime);
            async move { self.connection.call::<()>(&call).await }
        };
        try_join_all(terms.iter().map(post)).await.map(drop)
    }

    /// Posts an id under the terms where it has a place, and says whether that is all of them.
    async fn hold(&self, id: SessionId, terms: &[Term], lifetime: i64) -> Result<bool, StoreError> {
        let hold = |term: &Term| {
            let call = scripts::HOLD.on(&[self.keys.term(*term)]).arg(&id.to_bytes()).arg(lifetime);
            async move { self.connection.call::<bool>(&call).await }
        };
        Ok(try_join_all(terms.iter().map(hold)).await?.into_iter().all(|has_place| has_place))
    }

    async fn look(&self, id: SessionId, terms: &[Term]) -> Result<Vec<Seen>, StoreError> {
        try_join_all(terms.iter().map(|&term| async move {
            let command = redis::Cmd::zscore(self.keys.term(term), [b"d", &id.to_bytes()[..]].concat());
            Ok(Seen { term, deadline: self.connection.command(&command).await? })
        }))
        .await
    }

    async fn remove(&self, id: SessionId, postings: &[Seen]) -> Result<(), StoreError> {
        let remove = |(term, deadline): (Term, &String)| {
            let call = scripts::UNPOST.on(&[self.keys.term(term)]).arg(&id.to_bytes()).arg(deadline);
            async move { self.connection.call::<()>(&call).await }
        };
        let there = postings.iter().filter_map(|seen| Some((seen.term, seen.deadline.as_ref()?)));
        try_join_all(there.map(remove)).await.map(drop)
    }
}
