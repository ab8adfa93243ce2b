//! Deletions by revision and by term, broken.

use std::time::Duration;

use scs::{
    SessionId,
    store::{Deleted, Entry, Index as _, Limit as _, Revision, Store as _, StoreError, Term},
};

use super::{Break, Broken};
use crate::support::MINUTE;

/// Long enough for the others to read what this one read.
const MEANWHILE: Duration = Duration::from_millis(20);

impl Broken {
    pub(super) async fn broken_delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        let found = self.inner.load(id).await?.map(|found| found.revision());
        match self.how {
            Break::DeleteAtForgetsToDelete if found == Some(expected) => Ok(Deleted::Deleted),
            Break::DeleteAtIgnoresTheRevision => {
                Ok(if self.inner.delete(id).await? { Deleted::Deleted } else { Deleted::Gone })
            }
            Break::DeleteAtOfNothingIsDeleted if found.is_none() => Ok(Deleted::Deleted),
            Break::DeleteAtIsNotAtomic if found == Some(expected) => {
                tokio::time::sleep(MEANWHILE).await;
                self.inner.delete(id).await.map(|_| Deleted::Deleted)
            }
            Break::DeleteAtStopsHalfway if found == Some(expected) => {
                self.halve(id, &[]).await?;
                self.inner.delete(id).await.map(|_| Deleted::Deleted)
            }
            _ => self.inner.delete_at(id, expected).await,
        }
    }

    pub(super) async fn broken_delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        let is_there = self.inner.load(id).await?.is_some();
        let has_it = is_there && self.inner.find(term, None, 1000).await?.items.contains(&id);
        let seen = self.seen.lock().unwrap().get(&id).copied();
        match (self.how, seen) {
            (Break::DeleteUnderForgetsToDelete, _) => Ok(has_it),
            (Break::DeleteUnderOfNothingIsTrue, _) => self.inner.delete_under(term, id).await.map(|_| true),
            (Break::DeleteUnderGoesByTheCache, Some(seen)) => {
                Ok(self.inner.delete_at(id, seen).await? == Deleted::Deleted)
            }
            (Break::DeleteUnderIgnoresTheTerm, _) => self.inner.delete(id).await,
            (Break::DeleteUnderLeavesThePosting, _) => {
                let deleted = self.inner.delete_under(term, id).await?;
                self.inner.admit(term, id, usize::MAX, MINUTE).await.map(|_| deleted)
            }
            (Break::DeleteUnderIsNotAtomic, _) if has_it => {
                tokio::time::sleep(MEANWHILE).await;
                self.inner.delete(id).await.map(|_| true)
            }
            (Break::DeleteUnderUnpostsTooLate, _) if !has_it => self.unpost_too_late(id).await.map(|()| false),
            (Break::DeleteUnderStopsHalfway, _) if has_it => {
                self.halve(id, &[term]).await?;
                self.inner.delete_under(term, id).await
            }
            _ => self.inner.delete_under(term, id).await,
        }
    }

    /// Leaves half a record for a moment.
    async fn halve(&self, id: SessionId, terms: &[Term]) -> Result<(), StoreError> {
        let half = Entry::new("half", MINUTE).with_terms(terms.to_vec(), Vec::new());
        self.overwrite(id, &half).await?;
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Takes away what the record gained meanwhile.
    async fn unpost_too_late(&self, id: SessionId) -> Result<(), StoreError> {
        tokio::time::sleep(MEANWHILE).await;
        let Some(found) = self.inner.load(id).await? else { return Ok(()) };
        let without = Entry::new(found.payload().clone(), found.ttl()).with_revision(found.revision());
        self.overwrite(id, &without).await
    }
}
