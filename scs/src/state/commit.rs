//! The state's side of a commit: changes are taken out, and settle when they are stored.

use smallvec::SmallVec;

use super::{
    Base, Changes, Inner, Privilege, State, Status,
    change::{self, Change, Operations},
    intents::{Doom, Doomed},
    slots::Redone,
};
use crate::{error::SessionError, id::SessionId, record::Cells, schema::Schema};

impl State {
    /// The fields as they are stored, without what is not committed.
    pub(crate) fn stored_cells(&self) -> Cells {
        self.turns.read().value.slots.cells().clone()
    }

    /// Whether the last handle leaves anything to commit or to delete.
    pub(crate) fn is_left_behind(&mut self) -> bool {
        let inner = self.turns.get_mut();
        !inner.client.was_cut_off() && inner.has_work(self.schema)
    }

    /// Whether there is anything to commit.
    pub(crate) fn has_changes(&self) -> bool {
        self.turns.read().value.has_changes(self.schema)
    }

    /// The names of the fields that are changed and not committed.
    pub(crate) fn changed_fields(&self) -> Vec<&'static str> {
        let inner = &self.turns.read().value;
        inner.slots.changed().map(|slot| self.schema.fields[slot].name).collect()
    }

    /// Takes the changes out for committing; `None` if nothing would change.
    ///
    /// They are given back by [`settle`](Self::settle) or [`restore`](Self::restore).
    pub(crate) fn begin(&self) -> Result<Option<Box<Changes>>, SessionError> {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        inner.report_failure(self.schema)?;
        let is_changed = inner.is_changed(self.schema);
        let privilege = inner.privilege(self.schema);
        let obsolete = inner.drop_ineffective(self.schema);
        let changes = is_changed.then(|| inner.take_changes(self.schema, privilege));
        drop(shared);
        drop(obsolete);
        Ok(changes)
    }

    /// A stored session that is still to be deleted.
    pub(crate) fn doomed(&self) -> Option<Doomed> {
        self.turns.read().value.doomed.first().copied()
    }

    /// Takes note that a store is asked to delete it.
    pub(crate) fn begin_deletion(&self, asked: Doomed) {
        let doomed = &mut self.turns.write().value.doomed;
        doomed.iter_mut().filter(|doomed| doomed.id == asked.id).for_each(|doomed| doomed.is_tried = true);
    }

    /// Takes note that it was deleted.
    pub(crate) fn settle_doomed(&self, deleted: Doomed) {
        let inner = &mut self.turns.write().value;
        inner.doomed.retain(|doomed| doomed.id != deleted.id);
        if !deleted.is_merged() {
            inner.committed = Status::Destroyed;
        }
    }

    /// Takes note that the changes are stored; `false` if the session was destroyed meanwhile.
    pub(crate) fn settle(&self, id: SessionId, base: Base, cells: Cells, changes: Box<Changes>) -> bool {
        let committed = match changes.privilege {
            Privilege::Kept => Status::Modified,
            Privilege::Renewed | Privilege::Authenticated => Status::Renewed,
        };
        let moved: Vec<_> = changes.moved_from().map(|source| source.id).collect();
        let missed = changes.missed_pops();
        let merged = changes.intents.sources;
        let is_this_one = self.install(changes.generation, Some((id, base)), cells);
        let inner = &mut self.turns.write().value;
        inner.committed = inner.committed.max(committed);
        for slot in missed {
            inner.slots.change_mut(slot).popped = None;
        }
        for source in merged {
            let reason = if moved.contains(&source.id) { Doom::Moved } else { Doom::Merged };
            inner.doom(Doomed::new(source.id, reason).at(source.base.revision));
            // What it had taken in its turn, and a process that died has not ended.
            for taken in source.cells.takings() {
                inner.doom(Doomed::new(taken, Doom::Merged));
            }
        }
        is_this_one
    }

    /// Puts the changes back as if they had never been taken.
    pub(crate) fn restore(&self, changes: Box<Changes>) {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        if inner.generation != changes.generation {
            return;
        }
        for (slot, mut operations) in changes.operations {
            let change = inner.slots.change_mut(slot);
            operations.append(&mut change.operations);
            change.operations = operations;
        }
        let later = std::mem::replace(&mut inner.intents, changes.intents);
        inner.intents.renew |= later.renew;
        inner.intents.signed_out |= later.signed_out;
        inner.intents.destroyed |= later.destroyed;
        inner.intents.keep_empty |= later.keep_empty;
        let asked_before = inner.intents.remember.filter(|_| !later.signed_out);
        inner.intents.remember = later.remember.or(asked_before);
        inner.intents.deadline = later.deadline.or(inner.intents.deadline);
        inner.intents.sources.extend(later.sources);
        inner.intents.renews_anyway |= later.renews_anyway;
        inner.intents.cleared |= later.cleared;
        inner.intents.is_unanswered |= later.is_unanswered;
        inner.unknown_change.cleared |= changes.unknown_change.cleared;
        inner.unknown_change.had_any |= changes.unknown_change.had_any;
    }

    /// Goes on from newer data of this id, with the operations that are not committed on top of it; `false` if the
    /// session was destroyed meanwhile.
    pub(crate) fn rebase(&self, generation: u64, id: SessionId, base: Base, cells: Cells) -> bool {
        self.install(generation, Some((id, base)), cells)
    }

    /// Puts the changes back, and shows what is left of them: what was to be taken over may not be among them any more.
    pub(crate) fn restore_and_show(&self, changes: Box<Changes>) {
        let generation = changes.generation;
        self.restore(changes);
        self.install(generation, None, self.stored_cells());
    }

    /// Goes on as it was before the changes, of which nothing is left to be saved.
    pub(crate) fn drop_changes(&self, changes: &Changes) {
        if self.install(changes.generation, None, self.stored_cells()) {
            // The client may have to be told still.
            self.turns.write().value.intents.destroyed |= changes.intents.destroyed;
        }
    }

    /// Drops every change and goes on from a state that was just read; `false` if the session was destroyed meanwhile.
    pub(crate) fn reset(&self, generation: u64, fresh: Self) -> bool {
        let mut fresh_shared = fresh.turns.write();
        let mut shared = self.turns.write();
        if shared.value.generation != generation {
            return false;
        }
        fresh_shared.value.follow(&shared.value);
        fresh_shared.value.locals = std::mem::take(&mut shared.value.locals);
        std::mem::swap(&mut fresh_shared.value.client, &mut shared.value.client);
        std::mem::swap(&mut fresh_shared.value, &mut shared.value);
        drop(shared);
        drop(fresh_shared);
        // What was replaced is dropped without the lock: it owns values of user types.
        drop(fresh);
        true
    }

    /// Replaces what is stored and applies the recorded operations to it, user closures without the
    /// lock: operations recorded meanwhile are caught up with before anything is replaced.
    ///
    /// A session that was destroyed meanwhile stays destroyed: what was written is to be deleted.
    fn install(&self, generation: u64, written: Option<(SessionId, Base)>, cells: Cells) -> bool {
        let mut redone: Vec<Redone> = Vec::new();
        loop {
            let mut shared = self.turns.write();
            let inner = &mut shared.value;
            if inner.generation != generation {
                if let Some((id, base)) = written {
                    inner.doom(Doomed::new(id, Doom::Destroyed).listed_until(base.header.signed_in_until()));
                }
                return false;
            }
            let new = inner.slots.take_operations();
            if new.is_empty() {
                if let Some((id, base)) = written {
                    inner.id = id;
                    inner.began = base.header.created;
                    inner.base = Some(base);
                }
                inner.slots.rebase(cells, redone);
                return true;
            }
            drop(shared);
            for (slot, operations) in new {
                self.redo(slot, operations, &cells, &mut redone);
            }
        }
    }

    /// Does operations again after those that were done again before.
    fn redo(&self, slot: usize, mut operations: Operations, cells: &Cells, redone: &mut Vec<Redone>) {
        let earlier = redone.iter().position(|earlier| earlier.slot == slot).map(|position| redone.remove(position));
        let start = || Redone { slot, cell: cells.cell(slot), operations: Operations::new(), failure: None };
        let mut so_far = earlier.unwrap_or_else(start);
        let name = self.schema.fields[slot].name;
        let replayed = change::replay(&mut operations, so_far.cell.take(), self.now(), name);
        so_far.operations.append(&mut operations);
        let failure = replayed.failure.or(so_far.failure);
        redone.push(Redone { cell: replayed.cell, failure, ..so_far });
    }
}

impl Inner {
    fn has_work(&self, schema: &Schema) -> bool {
        !self.doomed.is_empty() || !self.is_untouched() && self.has_changes(schema)
    }

    /// Whether nothing was asked for, effective or not.
    pub(super) fn is_untouched(&self) -> bool {
        self.slots.is_untouched() && self.is_plain()
    }

    /// Whether nothing was asked for but changes of fields.
    pub(super) fn is_plain(&self) -> bool {
        self.intents.is_untouched() && self.unknown_change.is_untouched()
    }

    pub(super) fn has_changes(&self, schema: &Schema) -> bool {
        self.has_failure() || self.is_changed(schema)
    }

    pub(super) fn has_failure(&self) -> bool {
        self.slots.touched().any(|(_, change)| change.failure.is_some())
    }

    fn report_failure(&mut self, schema: &Schema) -> Result<(), SessionError> {
        let mut failed =
            self.slots.touched_mut().filter_map(|(slot, change)| Some((slot, change.failure.as_deref_mut()?)));
        match failed.next() {
            Some((slot, failure)) => Err(failure.report(&schema.fields[slot])),
            None => Ok(()),
        }
    }

    pub(super) fn is_changed(&self, schema: &Schema) -> bool {
        self.slots.changed().next().is_some()
            || self.unknown_change.had_any && self.base.is_some()
            || self.intents.changes(self.base.as_ref())
            || self.base.is_some() && self.privilege(schema) != Privilege::Kept
    }

    /// Takes out the operations that leave their field as it is stored: they are no changes.
    pub(super) fn drop_ineffective(&mut self, schema: &Schema) -> SmallVec<[Operations; 1]> {
        let matters =
            |slot: usize, change: &Change| change.is_dropped() || schema.fields[slot].renews && change.is_touched();
        self.slots.take_ineffective(matters)
    }
}
