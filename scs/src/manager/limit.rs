//! Limits: at most so many sessions have one value of an indexed field.

use std::time::Duration;

use super::{
    engine::StoreEngine,
    event::{EndReason, StoreOperation},
    queue::Turn,
};
use crate::{
    error::SessionError,
    id::SessionId,
    schema::{FieldSchema, SessionLimit},
    state::Changes,
    store::{Admission, Backend},
    term::Term,
    time::Timestamp,
    typed_session::{Admit, Search},
};

/// How often a place is asked for before giving up.
const MAX_TRIES: u32 = 64;

/// A value that a session is about to have, of which there may be only so many.
pub(super) struct Wanted {
    search: Search,
    term: Term,
    limit: SessionLimit,
}

impl<B: Backend> StoreEngine<B> {
    /// The limited values that the changes attach; those that the session has already it keeps.
    pub(super) fn wanted(&self, changes: &Changes, now: Timestamp) -> Vec<Wanted> {
        if self.index.as_ref().is_none_or(|index| index.admit.is_none()) {
            return Vec::new();
        }
        let fields = self.schema.fields.iter().enumerate();
        let wanted = fields.filter_map(|(slot, field): (usize, &'static FieldSchema)| {
            let limit = field.limit?;
            let cell = changes.cells()[slot].as_ref().filter(|cell| cell.is_live(now))?;
            let had = changes.stored()[slot].as_ref().filter(|stored| stored.is_live(now));
            if had.is_some_and(|had| had.value == cell.value) {
                return None;
            }
            let term = self.tag.term(field.name, &cell.value);
            Some(Wanted { search: Search::new(self.schema, slot, cell.value.clone()), term, limit })
        });
        wanted.collect()
    }

    /// Waits for the turns of those who want the same values, always in the same order. Whoever has
    /// them has written before the next one looks.
    pub(super) async fn admission_turns(&self, wanted: &[Wanted]) -> Vec<Turn<'_, Term>> {
        let mut terms: Vec<Term> = wanted.iter().map(|wanted| wanted.term).collect();
        terms.sort_unstable();
        let mut turns = Vec::with_capacity(terms.len());
        for term in terms {
            turns.push(self.admissions.turn(term).await);
        }
        turns
    }

    /// Takes a place under each value: the oldest session ends for it, or it is an error.
    pub(super) async fn admit(&self, id: SessionId, wanted: &[Wanted], lifetime: Duration) -> Result<(), SessionError> {
        let Some(admit) = self.index.as_ref().and_then(|index| index.admit) else { return Ok(()) };
        for wanted in wanted {
            self.admit_one(admit, id, wanted, lifetime).await?;
        }
        Ok(())
    }

    async fn admit_one(
        &self,
        admit: Admit<B>,
        id: SessionId,
        wanted: &Wanted,
        lifetime: Duration,
    ) -> Result<(), SessionError> {
        let Wanted { search, term, limit } = wanted;
        for _ in 0..MAX_TRIES {
            let admission =
                self.call(StoreOperation::Admit, admit(&self.backend, *term, id, limit.max, lifetime)).await?;
            let Admission::Full(holders) = admission else { return Ok(()) };
            let live = self.live_holders(wanted, holders).await?;
            if live.len() < limit.max {
                continue;
            }
            if limit.rejects {
                return Err(SessionError::LimitReached { field: search.field().name, max: limit.max });
            }
            for oldest in &live[..=live.len() - limit.max] {
                self.evict(*term, *oldest).await?;
            }
        }
        Err(SessionError::Contended { attempts: MAX_TRIES })
    }

    /// The sessions that really have the value, the oldest first; what is left of others is removed.
    async fn live_holders(&self, wanted: &Wanted, holders: Vec<SessionId>) -> Result<Vec<SessionId>, SessionError> {
        let mut live = Vec::new();
        for holder in holders {
            match self.holds(&self.fetch(holder).await?, &wanted.search) {
                true => live.push(holder),
                false => self.forget(wanted.term, holder).await?,
            }
        }
        Ok(live)
    }

    async fn evict(&self, term: Term, id: SessionId) -> Result<(), SessionError> {
        self.delete(id, EndReason::Evicted).await?;
        self.forget(term, id).await
    }
}
