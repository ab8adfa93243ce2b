//! The state's side of a commit: changes are taken out, and settle when they are stored.

use super::{
    Base, Changes, Inner, Privilege, State, Status,
    intents::{Doom, Doomed},
    operation::Operation,
    slot::{self, EncodeFailure, Slot},
};
use crate::{
    codec::CodecError,
    error::SessionError,
    id::SessionId,
    record::{Cell, StoredField},
    schema::Schema,
};

impl State {
    /// The stored fields, without what is not committed.
    pub(crate) fn stored_fields(&self) -> (Vec<Option<Cell>>, Vec<StoredField>) {
        let inner = &self.turns.read().value;
        (inner.stored(), inner.unknown.clone())
    }

    /// Whether there is anything to commit or to delete.
    pub(crate) fn has_work(&self) -> bool {
        !self.turns.read().value.doomed.is_empty() || self.has_changes()
    }

    /// Whether there is anything to commit.
    pub(crate) fn has_changes(&self) -> bool {
        let inner = &self.turns.read().value;
        inner.slots.iter().any(|slot| slot.failure.is_some())
            || !inner.intents.absorbed.is_empty()
            || inner.is_changed(self.schema)
    }

    /// The names of the fields that are changed and not committed.
    pub(crate) fn changed_fields(&self) -> Vec<&'static str> {
        let inner = &self.turns.read().value;
        let changed = self.schema.fields.iter().zip(&inner.slots).filter(|(_, slot)| slot.is_changed());
        changed.map(|(field, _)| field.name).collect()
    }

    /// Takes the changes out for committing; `None` if nothing would change.
    ///
    /// They are given back by [`settle`](Self::settle) or [`restore`](Self::restore).
    pub(crate) fn begin(&self) -> Result<Option<Changes>, SessionError> {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        inner.report_failure(self.schema)?;
        let is_changed = inner.is_changed(self.schema);
        let privilege = inner.privilege(self.schema);
        let obsolete = inner.drop_ineffective(self.schema);
        if !is_changed {
            inner.doom_absorbed();
        }
        let changes = is_changed.then(|| inner.take_changes(self.schema, privilege));
        drop(shared);
        drop(obsolete);
        Ok(changes)
    }

    /// A stored session that is still to be deleted.
    pub(crate) fn doomed(&self) -> Option<Doomed> {
        self.turns.read().value.doomed.first().copied()
    }

    /// Takes note that it was deleted.
    pub(crate) fn settle_doomed(&self, deleted: Doomed) {
        let inner = &mut self.turns.write().value;
        inner.doomed.retain(|doomed| *doomed != deleted);
        if deleted.reason != Doom::Merged {
            inner.committed = Status::Destroyed;
        }
    }

    /// Takes note that the changes are stored.
    pub(crate) fn settle(&self, id: SessionId, base: Base, changes: Changes) {
        let committed = match changes.privilege {
            Privilege::Kept => Status::Modified,
            Privilege::Renewed | Privilege::Authenticated => Status::Renewed,
        };
        let absorbed = changes.intents.absorbed.clone();
        self.install(changes.generation, id, base, changes.cells, changes.unknown);
        let inner = &mut self.turns.write().value;
        inner.committed = inner.committed.max(committed);
        for id in absorbed {
            inner.doom(id, Doom::Merged);
        }
    }

    /// Puts the changes back as if they had never been taken.
    pub(crate) fn restore(&self, changes: Changes) {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        if inner.generation != changes.generation {
            return;
        }
        for (slot, mut operations) in changes.operations {
            operations.append(&mut inner.slots[slot].operations);
            inner.slots[slot].operations = operations;
        }
        let later = std::mem::replace(&mut inner.intents, changes.intents);
        inner.intents.renew |= later.renew;
        inner.intents.signed_out |= later.signed_out;
        inner.intents.destroyed |= later.destroyed;
        inner.intents.remember = later.remember.or(inner.intents.remember);
        inner.intents.deadline = later.deadline.or(inner.intents.deadline);
        inner.intents.absorbed.extend(later.absorbed);
        if !inner.unknown_change.cleared {
            inner.unknown_change.merged.splice(0..0, changes.unknown_change.merged);
        }
        inner.unknown_change.cleared |= changes.unknown_change.cleared;
        inner.unknown_change.had_any |= changes.unknown_change.had_any;
    }

    /// Goes on from newer data, with the operations that are not committed on top of it.
    pub(crate) fn rebase(&self, base: Base, cells: Vec<Option<Cell>>, unknown: Vec<StoredField>) {
        let (generation, id) = {
            let inner = &self.turns.read().value;
            (inner.generation, inner.id)
        };
        self.install(generation, id, base, cells, unknown);
    }

    /// Drops every change and goes on from a state that was just read.
    pub(crate) fn reset(&self, fresh: Self) {
        let mut fresh_shared = fresh.turns.write();
        let mut shared = self.turns.write();
        fresh_shared.value.follow(&shared.value);
        fresh_shared.value.locals = std::mem::take(&mut shared.value.locals);
        std::mem::swap(&mut fresh_shared.value, &mut shared.value);
        drop(shared);
        drop(fresh_shared);
        // What was replaced is dropped without the lock: it owns values of user types.
        drop(fresh);
    }

    /// Replaces what is stored and applies the recorded operations to it, user closures without the
    /// lock: operations recorded meanwhile are caught up with before anything is replaced.
    ///
    /// A session that was destroyed meanwhile stays destroyed: what was written is to be deleted.
    fn install(&self, generation: u64, id: SessionId, base: Base, cells: Vec<Option<Cell>>, unknown: Vec<StoredField>) {
        let mut current = cells.clone();
        let mut done: Vec<Vec<Operation>> = cells.iter().map(|_| Vec::new()).collect();
        let mut failures: Vec<(usize, CodecError)> = Vec::new();
        loop {
            let mut shared = self.turns.write();
            let inner = &mut shared.value;
            if inner.generation != generation {
                return inner.doom(id, Doom::Destroyed);
            }
            let new = inner.take_operations();
            if new.is_empty() {
                inner.id = id;
                inner.began = base.header.created;
                inner.base = Some(base);
                inner.replace_fields(cells, current, done);
                inner.unknown = inner.unknown_change.apply(unknown);
                return inner.note_failures(failures);
            }
            drop(shared);
            let now = self.now();
            for (slot, mut operations) in new {
                let replayed = slot::replay(&mut operations, current[slot].take(), now, self.schema.fields[slot].name);
                current[slot] = replayed.cell;
                failures.extend(replayed.failure.map(|failure| (slot, failure)));
                done[slot].append(&mut operations);
            }
        }
    }
}

impl Inner {
    pub(super) fn stored(&self) -> Vec<Option<Cell>> {
        self.slots.iter().map(|slot| slot.base.clone()).collect()
    }

    fn report_failure(&mut self, schema: &Schema) -> Result<(), SessionError> {
        let mut slots = self.slots.iter_mut().zip(schema.fields);
        let failed = slots.find_map(|(slot, field)| slot.failure.as_mut().map(|failure| (failure, field)));
        match failed {
            Some((failure, field)) => Err(failure.report(field)),
            None => Ok(()),
        }
    }

    fn note_failures(&mut self, failures: Vec<(usize, CodecError)>) {
        for (slot, failure) in failures {
            self.slots[slot].failure = Some(EncodeFailure(Some(failure)));
        }
    }

    fn doom_absorbed(&mut self) {
        for id in std::mem::take(&mut self.intents.absorbed) {
            self.doom(id, Doom::Merged);
        }
    }

    fn is_changed(&self, schema: &Schema) -> bool {
        self.slots.iter().any(Slot::is_changed)
            || !self.unknown_change.is_empty() && self.base.is_some()
            || !self.unknown_change.merged.is_empty()
            || self.intents.changes(self.base.as_ref())
            || self.base.is_some() && self.privilege(schema) != Privilege::Kept
    }

    /// Takes out the operations that leave their field as it is stored: they are no changes.
    fn drop_ineffective(&mut self, schema: &Schema) -> Vec<Vec<Operation>> {
        let slots = self.slots.iter_mut().zip(schema.fields);
        let matters = |slot: &Slot, renews: bool| slot.is_changed() || slot.is_dropped() || renews && slot.is_touched();
        let ineffective = slots.filter(|(slot, field)| !matters(slot, field.renews));
        ineffective.map(|(slot, _)| std::mem::take(&mut slot.operations)).collect()
    }

    pub(super) fn take_operations(&mut self) -> Vec<(usize, Vec<Operation>)> {
        let slots = self.slots.iter_mut().enumerate().filter(|(_, slot)| !slot.operations.is_empty());
        slots.map(|(position, slot)| (position, std::mem::take(&mut slot.operations))).collect()
    }

    fn replace_fields(&mut self, base: Vec<Option<Cell>>, current: Vec<Option<Cell>>, done: Vec<Vec<Operation>>) {
        for (slot, ((base, current), operations)) in self.slots.iter_mut().zip(base.into_iter().zip(current).zip(done))
        {
            slot.base = base;
            slot.current = current;
            slot.operations = operations;
        }
    }
}
