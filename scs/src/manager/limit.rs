//! Limits: at most so many sessions have one value of an indexed field.

use std::time::Duration;

use bytes::Bytes;

use super::{
    engine::{Engine, Found},
    event::{EndReason, StoreOperation},
    queue::Turn,
    warnings,
};
use crate::{
    error::SessionError,
    id::SessionId,
    schema::{FieldSchema, SessionLimit},
    state::{Changes, Plain},
    store::{Admission, DynLimit, Holder},
    term::Term,
    time::Clock as _,
    typed_session::Search,
};

/// How often a place is asked for before giving up.
const MAX_TRIES: u32 = 64;

/// The longest that one waits between two tries while others are signing in.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// A commit writes its record sooner after its admission, or never. Until then whoever has no record is taken to be
/// about to write it, for the commit may be another process's.
const LONGEST_COMMIT: Duration = Duration::from_secs(10);

/// A value that a session is about to have, of which there may be only so many.
pub(super) struct Wanted {
    search: Search,
    term: Term,
    limit: SessionLimit,
}

impl Engine {
    /// What counts the sessions under a value, if the schema has limits.
    fn limit(&self) -> Option<&dyn DynLimit> {
        self.store()?.limit.as_deref()
    }

    /// Whether plain changes may attach a limited value.
    pub(super) fn wants_place(&self, plain: &Plain<'_>) -> bool {
        self.limit().is_some() && plain.changes().any(|(slot, _)| self.schema.fields[slot].limit.is_some())
    }

    /// The limited values that the changes attach; those that the session has already it keeps.
    pub(super) fn wanted(&self, changes: &Changes) -> Vec<Wanted> {
        if self.limit().is_none() {
            return Vec::new();
        }
        let now = self.clock.now();
        let fields = self.schema.fields.iter().enumerate();
        let wanted = fields.filter_map(|(slot, field): (usize, &'static FieldSchema)| {
            let limit = field.limit?;
            let cell = changes.draft().get(slot).filter(|cell| cell.is_live(now))?;
            let had = changes.draft().stored.get(slot).filter(|stored| stored.is_live(now));
            if had.is_some_and(|had| had.value == cell.value) {
                return None;
            }
            let term = self.tag.term(field.name, cell.value);
            Some(Wanted { search: Search::new(self.schema, slot, Bytes::copy_from_slice(cell.value)), term, limit })
        });
        wanted.collect()
    }

    /// Waits for the turns of those who want the same values, always in the same order. Whoever has
    /// them has written before the next one looks.
    pub(super) async fn places(&self, wanted: Vec<Wanted>) -> Places<'_> {
        if wanted.is_empty() {
            return Places::default();
        }
        Box::pin(self.turns_for(wanted)).await
    }

    async fn turns_for(&self, wanted: Vec<Wanted>) -> Places<'_> {
        let mut terms: Vec<Term> = wanted.iter().map(|wanted| wanted.term).collect();
        terms.sort_unstable();
        let mut turns = Vec::with_capacity(terms.len());
        for term in terms {
            turns.push(self.admissions.turn(term).await);
        }
        Places { wanted, taken: Vec::new(), _turns: turns }
    }

    /// Takes a place under each value: the oldest session ends for it, or it is an error.
    pub(super) async fn admit(
        &self,
        id: SessionId,
        places: &mut Places<'_>,
        lifetime: Duration,
    ) -> Result<(), SessionError> {
        match self.limit().filter(|_| !places.wanted.is_empty()) {
            None => Ok(()),
            Some(limit) => Box::pin(self.admit_each(limit, id, places, lifetime)).await,
        }
    }

    async fn admit_each(
        &self,
        counts: &dyn DynLimit,
        id: SessionId,
        places: &mut Places<'_>,
        lifetime: Duration,
    ) -> Result<(), SessionError> {
        for wanted in &places.wanted {
            // Also if it is cut off: it may have been admitted.
            places.taken.push((wanted.term, id));
            self.admit_one(counts, id, wanted, lifetime).await?;
        }
        Ok(())
    }

    async fn admit_one(
        &self,
        counts: &dyn DynLimit,
        id: SessionId,
        wanted: &Wanted,
        lifetime: Duration,
    ) -> Result<(), SessionError> {
        let Wanted { search, term, limit } = wanted;
        for _ in 0..MAX_TRIES {
            let admit = || counts.admit(*term, id, limit.max, lifetime);
            let Admission::Full(holders) = self.call(StoreOperation::Admit, admit).await? else { return Ok(()) };
            let Holders { live, awaited } = self.look_at(wanted, holders).await?;
            let taken = live.len() + awaited;
            if taken < limit.max {
                continue;
            }
            if limit.rejects {
                return Err(SessionError::LimitReached { field: search.field().name, max: limit.max });
            }
            let surplus = taken + 1 - limit.max;
            for oldest in live.iter().take(surplus) {
                self.evict(*term, *oldest).await?;
            }
            if live.len() < surplus {
                tokio::time::sleep(LONGEST_WAIT.mul_f64(fastrand::f64())).await;
            }
        }
        Err(SessionError::Contended { attempts: MAX_TRIES })
    }

    /// Who really has a place; what is left of others is removed.
    async fn look_at(&self, wanted: &Wanted, holders: Vec<Holder>) -> Result<Holders, SessionError> {
        let (mut live, mut awaited) = (Vec::new(), 0);
        for Holder { id, attached_for } in holders {
            let found = self.fetch(id).await?;
            match found {
                _ if self.holds(&found, &wanted.search) => live.push(id),
                // A store whose clock is late keeps the record, and under its term with it.
                Found::Expired => {
                    self.delete_expired(id).await?;
                    self.forget(wanted.term, id).await?;
                }
                _ if attached_for < LONGEST_COMMIT => awaited += 1,
                _ => self.forget(wanted.term, id).await?,
            }
        }
        Ok(Holders { live, awaited })
    }

    async fn delete_expired(&self, id: SessionId) -> Result<(), SessionError> {
        let Some(kept) = self.store() else { return Ok(()) };
        let _ = self.call(StoreOperation::Delete, || kept.store.delete(id)).await?;
        Ok(())
    }

    async fn evict(&self, term: Term, id: SessionId) -> Result<(), SessionError> {
        self.delete(id, EndReason::Evicted).await?;
        self.forget(term, id).await
    }

    /// Gives the places of a commit that failed to others, as far as its record did not come to have the values all
    /// the same.
    pub(super) async fn withdraw(&self, places: Places<'_>) {
        for (term, id) in &places.taken {
            if let Err(error) = self.forget(*term, *id).await {
                warnings::withdrawal_failed(*id, &error);
            }
        }
    }
}

/// The places under limited values that one commit wants.
#[derive(Default)]
pub(super) struct Places<'a> {
    wanted: Vec<Wanted>,
    taken: Vec<(Term, SessionId)>,
    _turns: Vec<Turn<'a, Term>>,
}

impl Places<'_> {
    /// Wants others, for the changes are done on newer data.
    pub(super) fn want(&mut self, wanted: Vec<Wanted>) {
        self.wanted = wanted;
    }
}

/// Who has the places under a value.
struct Holders {
    /// The sessions that have the value, the oldest first.
    live: Vec<SessionId>,
    /// How many are kept for sessions that are about to be written.
    awaited: usize,
}
