//! Places under limited terms, and the order of what is found, broken.

use std::time::Duration;

use scs::{
    SessionId,
    store::{Cursor, Entry, Index as _, Page, StoreError, Term},
};

use super::{Break, Broken};

impl Broken {
    /// The entry with the places that it relies on.
    pub(super) fn places(&self, entry: Entry, places: &[Term]) -> Entry {
        match self.how {
            Break::PlacesAreIgnored => entry,
            Break::PlacesEndWithTheirAdmission if !places.is_empty() => {
                let others = entry.terms().iter().filter(|term| !places.contains(term)).copied().collect();
                entry.with_terms(others, Vec::new()).with_places(places.to_vec())
            }
            _ => entry.with_places(places.to_vec()),
        }
    }

    /// Whether the entry has its places, for a store that does not leave that to the write.
    pub(super) async fn may_write(&self, id: SessionId, entry: &Entry) -> Result<bool, StoreError> {
        match self.how {
            Break::PlacesAreNeverThere => Ok(entry.places().is_empty()),
            Break::PlacesAreLookedAtBefore => {
                for term in entry.places() {
                    if !self.inner.find(*term, None, 1000).await?.items.contains(&id) {
                        return Ok(false);
                    }
                }
                // Long enough for another to take them.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    /// What such a store writes then.
    pub(super) fn after_the_look(&self, entry: Entry) -> Entry {
        match self.how {
            Break::PlacesAreLookedAtBefore => entry.with_places(Vec::new()),
            _ => entry,
        }
    }

    pub(super) async fn find_the_oldest(
        &self,
        term: Term,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<SessionId>, StoreError> {
        let mut ids = self.inner.find(term, None, 100_000).await?.items;
        ids.reverse();
        ids.retain(|id| cursor.as_ref().is_none_or(|cursor| id.to_bytes()[..] > *cursor.as_bytes()));
        ids.truncate(limit);
        let next = ids.last().filter(|_| ids.len() == limit).map(|id| Cursor::new(id.to_bytes()));
        Ok(Page { items: ids, next })
    }
}
