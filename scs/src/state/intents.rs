//! Intents: what a handler asked to happen to the session as a whole.

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    Base, Client, Inner, Outcome, Phase, State, Status,
    change::{Change, Operations},
    merging::Source,
    operation::{Operation, Removal},
};
use crate::{
    id::SessionId,
    record::{Cell, Cells, StoredField},
    revision::Revision,
    schema::Schema,
    time::Timestamp,
};

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(super) struct Intents {
    pub(super) renew: bool,
    pub(super) signed_out: bool,
    pub(super) remember: Option<bool>,
    pub(super) deadline: Option<Timestamp>,
    /// The sessions whose fields this one takes over when it is saved; they end then.
    pub(super) sources: Vec<Source>,
    pub(super) destroyed: bool,
    /// Whether the session is to be stored without a value in it.
    pub(super) keep_empty: bool,
    /// Whether the token is to change whatever becomes of the request: other sessions of the account were ended.
    pub(super) renews_anyway: bool,
    /// Whether a session that somebody had signed in to was cleared.
    pub(super) cleared: bool,
    /// Whether the client gets no answer, and keeps the token that it has.
    pub(super) is_unanswered: bool,
}

/// What was changed, and what signing out again makes of it.
pub(super) type Discarded = (SmallVec<[(usize, Change); 1]>, Option<Vec<Operations>>);

/// A stored session that is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doomed {
    pub(crate) id: SessionId,
    pub(crate) reason: Doom,
    /// The revision at which it ends, if it must not end at another.
    pub(crate) at: Option<Revision>,
    /// Until when a list of sealed sessions names it, which is when it ends by itself; `None` for a stranger's.
    pub(crate) listed_until: Option<Timestamp>,
    /// Whether a store was asked to delete it before, without an answer.
    pub(crate) is_tried: bool,
}

impl Doomed {
    /// Whether what it had is in this session.
    pub(crate) const fn is_merged(&self) -> bool {
        matches!(self.reason, Doom::Merged | Doom::Moved)
    }

    pub(super) const fn new(id: SessionId, reason: Doom) -> Self {
        Self { id, reason, at: None, listed_until: None, is_tried: false }
    }

    pub(super) const fn at(self, revision: Revision) -> Self {
        Self { at: Some(revision), ..self }
    }

    pub(super) const fn listed_until(self, listed_until: Option<Timestamp>) -> Self {
        Self { listed_until, ..self }
    }
}

/// Why a session is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doom {
    Destroyed,
    /// It was merged into this one.
    Merged,
    /// The same, and the sign-in moved with it.
    Moved,
    /// A value in it no longer decodes, and its field says that the session ends then.
    Invalid,
}

/// What happened to the fields that the schema does not name.
#[derive(Default)]
pub(super) struct UnknownChange {
    pub(super) cleared: bool,
    /// Whether there were any to clear.
    pub(super) had_any: bool,
}

/// Whether a change touches what the client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Privilege {
    Kept,
    /// The token must change.
    Renewed,
    /// The token must change and the lifetime starts anew: a `renews` field was set to a value.
    Authenticated,
}

impl UnknownChange {
    /// Whether nothing was asked for, effective or not.
    pub(super) const fn is_untouched(&self) -> bool {
        !self.cleared && !self.had_any
    }

    /// What the change, and what is taken over, make of these fields; `None` if they stay as they are.
    pub(super) fn apply(&self, stored: &Cells, sources: &[Source]) -> Option<Vec<StoredField>> {
        if !self.cleared && sources.is_empty() {
            return None;
        }
        let mut fields: Vec<_> = stored.unnamed().filter(|field| !self.cleared || field.is_reserved()).collect();
        let theirs = sources.iter().flat_map(Source::unnamed);
        let all = sources.iter().flat_map(|source| std::iter::once(source.id).chain(source.cells.takings()));
        let taken = (!sources.is_empty()).then(|| stored.taken(all));
        for taken in theirs.chain(taken) {
            fields.retain(|field| field.name != taken.name);
            fields.push(taken);
        }
        Some(fields)
    }
}

impl State {
    pub(crate) fn renew(&self) {
        self.turns.write().value.intents.renew = true;
    }

    /// The same, and a request that fails does not undo it.
    pub(crate) fn renew_anyway(&self) {
        self.turns.write().value.intents.renews_anyway = true;
    }

    /// Stores the session even if nothing is in it.
    #[cfg(feature = "csrf")]
    pub(crate) fn keep_empty(&self) {
        self.turns.write().value.intents.keep_empty = true;
    }

    pub(crate) fn remember(&self, remember: bool) {
        self.turns.write().value.intents.remember = Some(remember);
    }

    /// What the sessions of whoever is signed in here are found by.
    pub(crate) fn accounts(&self) -> Vec<(usize, Bytes)> {
        let says_who = |slot: &usize| self.field(*slot).indexed;
        let slots = self.schema.renewing().filter(says_who);
        slots.filter_map(|slot| Some((slot, self.value(slot)?))).collect()
    }

    /// Brings the end of the session forward; a later deadline than one asked for before is ignored.
    pub(crate) fn limit_deadline(&self, deadline: Timestamp) {
        let intents = &mut self.turns.write().value.intents;
        intents.deadline = Some(intents.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
    }

    /// The end that was asked for and is not committed.
    pub(crate) fn limited_deadline(&self) -> Option<Timestamp> {
        self.turns.read().value.intents.deadline
    }

    /// Drops all data and keeps the record. The token changes if somebody was signed in.
    pub(crate) fn clear(&self) {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        let obsolete = inner.clear(self.schema);
        let locals = std::mem::take(&mut inner.locals);
        drop(shared);
        drop((obsolete, locals));
    }

    /// Drops what belongs to the signed-in user and renews the token.
    pub(crate) fn sign_out(&self) {
        let mut shared = self.turns.write();
        let obsolete = shared.value.sign_out(self.schema);
        drop(shared);
        drop(obsolete);
    }

    /// Ends the session. What is set afterwards belongs to a new one.
    pub(crate) fn destroy(&self) {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        let now = self.now();
        let client = Client::new(Outcome::NoToken, None, Phase::Detached);
        let fresh = Inner::new(SessionId::generate(now), now, None, Cells::default(), client);
        let mut old = std::mem::replace(inner, fresh);
        // The client is the same one.
        std::mem::swap(&mut inner.client, &mut old.client);
        inner.intents.destroyed = true;
        inner.follow(&old);
        if let Some(given) = inner.client.take_given() {
            inner.doom(Doomed::new(given, Doom::Destroyed));
        }
        if let Some(base) = &old.base {
            inner.doom(Doomed::new(old.id, Doom::Destroyed).listed_until(base.header.signed_in_until()));
            // A process may have died before it deleted what this session took over: it ends with this one.
            for taken in old.slots.cells().takings() {
                inner.doom(Doomed::new(taken, Doom::Merged));
            }
        }
        drop(shared);
        drop(old);
    }

    /// Sets a field to a value that sessions are found by.
    pub(crate) fn sign_in(&self, slot: usize, account: Bytes) {
        self.set(slot, account);
    }

    /// Signs out again: nobody learns whether it was done.
    pub(crate) fn owe_logout(&self, generation: u64) {
        let inner = &mut self.turns.write().value;
        inner.intents.signed_out |= inner.generation == generation;
    }

    /// Drops the request's changes, except that the session was destroyed or signed out.
    pub(crate) fn discard(&self) {
        let mut shared = self.turns.write();
        let obsolete = shared.value.discard(self.schema);
        drop(shared);
        drop(obsolete);
    }

    /// The same where the client gets no answer: a new token would reach nobody, so it keeps the one that it has.
    #[cfg(feature = "axum")]
    pub(crate) fn discard_unanswered(&self) {
        self.discard();
        self.turns.write().value.intents.is_unanswered = true;
    }

    /// What the changes that are not committed do to the client's privilege.
    pub(crate) fn privilege(&self) -> Privilege {
        self.turns.read().value.privilege(self.schema)
    }

    pub(crate) fn was_destroyed(&self) -> bool {
        self.turns.read().value.intents.destroyed
    }

    /// What this request has done so far, committed or not.
    pub(crate) fn status(&self) -> Status {
        let inner = &self.turns.read().value;
        let changed = inner.slots.changed().next().is_some() || inner.unknown_change.had_any;
        let pending = match inner.privilege(self.schema) {
            _ if inner.intents.destroyed && !changed => Status::Destroyed,
            Privilege::Renewed | Privilege::Authenticated => Status::Renewed,
            Privilege::Kept if changed || inner.intents.changes(inner.base.as_ref()) => Status::Modified,
            Privilege::Kept => Status::Unmodified,
        };
        pending.max(inner.committed)
    }
}

impl Inner {
    /// Counts on from the session that this one takes the place of.
    pub(super) fn follow(&mut self, old: &Self) {
        self.generation = old.generation + 1;
        self.committed = old.committed;
        self.is_committing = old.is_committing;
        self.doomed.clone_from(&old.doomed);
    }

    pub(super) fn doom(&mut self, doomed: Doomed) {
        if self.doomed.iter().all(|other| other.id != doomed.id) {
            self.doomed.push(doomed);
        }
    }

    /// Drops the changes, except what takes something away: that the session was destroyed, signed out or cleared, or
    /// locked others out. What is returned is to be dropped without the lock.
    #[must_use]
    pub(super) fn discard(&mut self, schema: &Schema) -> Discarded {
        let changes = self.slots.discard();
        self.unknown_change = UnknownChange::default();
        let old = std::mem::take(&mut self.intents);
        (self.intents.destroyed, self.intents.renews_anyway) = (old.destroyed, old.renews_anyway);
        let removed = match () {
            () if old.cleared => Some(self.clear(schema)),
            () if old.signed_out => Some(self.sign_out(schema)),
            () => None,
        };
        self.intents.signed_out = old.signed_out;
        (changes, removed)
    }

    #[must_use]
    fn clear(&mut self, schema: &Schema) -> Vec<Operations> {
        let is_signed_in = schema.renewing().any(|slot| self.is_touched(slot) || self.slots.stored(slot).is_some());
        self.intents.cleared |= is_signed_in;
        let had_any = self.slots.cells().has_unnamed();
        self.unknown_change = UnknownChange { cleared: true, had_any };
        self.remove_each(0..schema.fields.len(), Removal::Clear)
    }

    #[must_use]
    fn sign_out(&mut self, schema: &Schema) -> Vec<Operations> {
        self.intents.signed_out = true;
        // It was the account that asked for it.
        self.intents.remember = None;
        self.remove_each(schema.dropped_on_logout(), Removal::SignOut)
    }

    /// Whether this value in a `renews` field is another one than before.
    pub(super) fn signs_in(&self, slot: usize, value: Option<&Cell>) -> bool {
        let before = self.slots.current(slot);
        value.is_some_and(|value| before.is_none_or(|before| before.value != value.value))
    }

    #[must_use]
    pub(super) fn remove_each(&mut self, slots: impl Iterator<Item = usize>, by: Removal) -> Vec<Operations> {
        slots.map(|slot| remove(self.slots.change_mut(slot), by)).collect()
    }

    fn is_touched(&self, slot: usize) -> bool {
        self.slots.change(slot).is_some_and(Change::is_touched)
    }

    pub(super) fn privilege(&self, schema: &Schema) -> Privilege {
        let asked = self.intents.privilege();
        if !schema.renews || self.intents.is_unanswered {
            return asked;
        }
        let touched = self.slots.touched().filter(|(slot, change)| schema.fields[*slot].renews && change.is_touched());
        touched
            .map(|(slot, _)| match self.slots.current(slot) {
                Some(_) => Privilege::Authenticated,
                None => Privilege::Renewed,
            })
            .fold(asked, Ord::max)
    }
}

impl Intents {
    /// Whether nothing was asked for.
    pub(super) fn is_untouched(&self) -> bool {
        !self.renew
            && !self.signed_out
            && self.remember.is_none()
            && self.deadline.is_none()
            && self.sources.is_empty()
            && !self.destroyed
            && !self.keep_empty
            && !self.renews_anyway
            && !self.cleared
            && !self.is_unanswered
    }

    /// What they do to the client's privilege by themselves.
    pub(super) const fn privilege(&self) -> Privilege {
        let asks = self.renew || self.signed_out || self.renews_anyway || self.cleared;
        match asks && !self.is_unanswered {
            true => Privilege::Renewed,
            false => Privilege::Kept,
        }
    }

    /// Whether they ask for anything that a stored record would show.
    pub(super) fn changes(&self, base: Option<&Base>) -> bool {
        let Some(Base { header, .. }) = base else { return self.keep_empty || !self.sources.is_empty() };
        self.privilege() != Privilege::Kept
            || !self.sources.is_empty()
            || self.remember.is_some_and(|remember| remember != header.remembered)
            || self.deadline.is_some_and(|deadline| deadline < header.deadline)
    }
}

fn remove(change: &mut Change, by: Removal) -> Operations {
    change.now = None;
    change.record(Operation::Remove(by), None)
}
