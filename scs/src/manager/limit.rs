//! Limits: at most so many sessions have one value of an indexed field.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

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
    state::{Changes, Plain, Source},
    store::{Admission, DynLimit, Entry, Holder},
    term::Term,
    time::Clock as _,
    typed_session::Search,
};

/// How often a place is asked for before giving up.
const MAX_TRIES: u32 = 64;

/// The longest that one waits between two tries while others are signing in.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// A commit usually writes its record within this time of being admitted. Until then a place without a record is left to the
/// commit, which may be another process's. A later write finds that its place is gone.
const PATIENCE: Duration = Duration::from_millis(250);

/// A value that a session is about to have, of which there may be only so many.
pub(super) struct Wanted {
    search: Search,
    /// The value under each name of the field: another version of the application counts under another one.
    terms: Vec<Term>,
    limit: SessionLimit,
    /// Sessions that end when this one is written, and so count for nothing.
    ending: Vec<SessionId>,
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
            let terms = field.names().map(|name| self.tag.term(name, cell.value)).collect();
            let search = Search::new(self.schema, slot, Bytes::copy_from_slice(cell.value));
            let has_it = |source: &&Source| source.cells.get(slot).is_some_and(|theirs| theirs.value == cell.value);
            let ending = changes.sources().iter().filter(has_it).map(|source| source.id).collect();
            Some(Wanted { search, terms, limit, ending })
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
        let mut terms: Vec<Term> = wanted.iter().flat_map(|wanted| wanted.terms.iter().copied()).collect();
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
            for term in &wanted.terms {
                // Also if it is cut off: it may have been admitted.
                places.taken.push((*term, id));
                self.admit_one(counts, id, wanted, *term, lifetime).await?;
            }
        }
        Ok(())
    }

    async fn admit_one(
        &self,
        counts: &dyn DynLimit,
        id: SessionId,
        wanted: &Wanted,
        term: Term,
        lifetime: Duration,
    ) -> Result<(), SessionError> {
        let (limit, began) = (wanted.limit, Instant::now());
        let max = limit.max + wanted.ending.len();
        let mut is_settled = false;
        for _ in 0..MAX_TRIES {
            let admit = || counts.admit(term, id, max, lifetime);
            let Admission::Full(holders) = self.call(StoreOperation::Admit, admit).await? else { return Ok(()) };
            let (count, is_patient) = (holders.len(), began.elapsed() < PATIENCE);
            let holders = self.look_at(wanted, holders, is_patient).await?;
            // Places that no live session uses are freed before any session ends.
            if self.clear_away(term, &holders, &mut is_settled).await? {
                continue;
            }
            let Holders { live, left, young, moving, .. } = holders;
            let surplus = (count + 1).saturating_sub(max + moving);
            match limit.rejects {
                true if live.len() >= limit.max => {
                    return Err(SessionError::LimitReached { field: wanted.search.field().name, max: limit.max });
                }
                false if surplus > 0 && live.len() >= surplus => {
                    for id in live.iter().take(surplus) {
                        self.end_under(term, *id, EndReason::Evicted).await?;
                    }
                }
                _ if is_patient && (young > 0 || moving > 0) => {
                    tokio::time::sleep(LONGEST_WAIT.mul_f64(fastrand::f64())).await;
                }
                true => return Err(SessionError::LimitReached { field: wanted.search.field().name, max: limit.max }),
                // Records that cannot be read here.
                false => {
                    for holder in left.iter().take(surplus - live.len()) {
                        self.end_under(term, *holder, EndReason::Evicted).await?;
                    }
                }
            }
        }
        Err(SessionError::Contended { attempts: MAX_TRIES })
    }

    /// Frees the places of what is no session with the value; `false` if there was nothing to free.
    async fn clear_away(&self, term: Term, holders: &Holders, is_settled: &mut bool) -> Result<bool, SessionError> {
        for id in &holders.ended {
            self.end_under(term, *id, EndReason::Evicted).await?;
        }
        for id in &holders.lapsed {
            let found = self.fetch(*id).await?;
            self.post_again(*id, found).await?;
        }
        // Whether it is a session after all, only the store can tell. It is asked once.
        let asks = !*is_settled && !holders.left.is_empty();
        *is_settled |= asks;
        for id in holders.left.iter().filter(|_| asks) {
            self.forget(term, *id).await?;
        }
        Ok(asks || !holders.ended.is_empty() || !holders.lapsed.is_empty())
    }

    /// What is known of those that have a place. `is_patient`: whether what is under way is waited for.
    async fn look_at(&self, wanted: &Wanted, holders: Vec<Holder>, is_patient: bool) -> Result<Holders, SessionError> {
        let (mut seen, now) = (Holders::default(), self.clock.now());
        for holder in holders.into_iter().filter(|holder| !wanted.ending.contains(&holder.id)) {
            let (id, found) = (holder.id, self.fetch(holder.id).await?);
            match &found {
                // It is about to be deleted by the session that takes over what it had, which has a place of its own.
                Found::Given(base, _) if is_patient && now.since(base.header.written) < PATIENCE => seen.moving += 1,
                // A store whose clock is slow keeps the record, and under its term with it.
                Found::Expired(_) | Found::Given(..) => seen.ended.push(id),
                _ if self.holds(&found, &wanted.search) => seen.live.push(id),
                _ if self.has_lapsed(&found, &wanted.search) => seen.lapsed.push(id),
                _ if is_patient && holder.attached_for < PATIENCE => seen.young += 1,
                _ => seen.left.push(id),
            }
        }
        Ok(seen)
    }

    /// Gives the places of a commit to others, as far as its record did not come to have the values all the same.
    pub(super) async fn withdraw(&self, places: &mut Places<'_>) {
        for (term, id) in std::mem::take(&mut places.taken) {
            if let Err(error) = self.forget(term, id).await {
                warnings::withdrawal_failed(id, &error);
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

    /// Has the write of an entry rely on the places.
    pub(super) fn under(&self, entry: Entry) -> Entry {
        match self.wanted.is_empty() {
            true => entry,
            false => entry.with_places(self.wanted.iter().flat_map(|wanted| wanted.terms.iter().copied()).collect()),
        }
    }
}

/// Who has the places under a value, the oldest first.
#[derive(Default)]
struct Holders {
    /// Sessions that have the value.
    live: Vec<SessionId>,
    /// Sessions whose time is over, or that another one has taken over.
    ended: Vec<SessionId>,
    /// Sessions whose value is over (`ttl`).
    lapsed: Vec<SessionId>,
    /// How many are being taken over at this moment.
    moving: usize,
    /// How many have no record that has the value yet: it may be about to be written.
    young: usize,
    /// Those that have had none for long, or one that cannot be read here.
    left: Vec<SessionId>,
}
