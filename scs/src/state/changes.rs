//! Changes: what a commit takes out of a state and writes.

use smallvec::SmallVec;

use super::{
    Base, Inner, Privilege,
    change::{self, EncodeFailure, Operations},
    intents::{Intents, UnknownChange},
    operation::Operation,
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{CellRef, Cells, Changed, Draft},
    schema::Schema,
    time::Timestamp,
};

/// The uncommitted operations of a session, and the fields as they are to be written.
pub(crate) struct Changes {
    pub(super) schema: &'static Schema,
    pub(super) id: SessionId,
    pub(super) base: Option<Base>,
    pub(super) operations: SmallVec<[(usize, Operations); 1]>,
    pub(super) draft: Draft,
    pub(super) unknown_change: UnknownChange,
    pub(super) intents: Intents,
    pub(super) privilege: Privilege,
    pub(super) generation: u64,
    /// Whether a session that was to be taken over had ended, or was another one's.
    pub(super) has_lost_a_source: bool,
}

impl Inner {
    pub(super) fn take_changes(&mut self, schema: &'static Schema, privilege: Privilege) -> Box<Changes> {
        let changed = self.slots.draft();
        let operations = self.slots.take_operations();
        let stored = self.slots.cells().clone();
        let unknown_change = std::mem::take(&mut self.unknown_change);
        let intents = std::mem::take(&mut self.intents);
        let unnamed = unknown_change.apply(&stored, &intents.sources);
        Box::new(Changes {
            schema,
            id: self.id,
            base: self.base.clone(),
            operations,
            draft: Draft::new(stored, changed, unnamed),
            unknown_change,
            intents,
            privilege,
            generation: self.generation,
            has_lost_a_source: false,
        })
    }
}

impl Changes {
    pub(crate) const fn privilege(&self) -> Privilege {
        self.privilege
    }

    pub(crate) const fn has_lost_a_source(&self) -> bool {
        self.has_lost_a_source
    }

    pub(crate) const fn remember(&self) -> Option<bool> {
        self.intents.remember
    }

    pub(crate) const fn deadline(&self) -> Option<Timestamp> {
        self.intents.deadline
    }

    /// Which session of the state they belong to: a destroyed one has a successor.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// The fields whose value was popped here and had been taken by another request: it is not this one's to keep.
    pub(super) fn missed_pops(&self) -> Vec<usize> {
        let is_stored = |slot, popped: &[u8]| self.draft.stored.get(slot).is_some_and(|cell| *cell.value == *popped);
        let missed = |slot, operations: &Operations| match operations.first() {
            Some(Operation::Pop(popped)) => !is_stored(slot, popped),
            _ => false,
        };
        let fields = self.operations.iter().filter(|(slot, operations)| missed(*slot, operations));
        fields.map(|(slot, _)| *slot).collect()
    }

    pub(crate) const fn id(&self) -> SessionId {
        self.id
    }

    /// Whether somebody else is signed in afterwards than before: an account signed out, or in.
    pub(crate) fn changes_account(&self) -> bool {
        // A field that sessions are found by says who it is; what else `renews` may be a role.
        let fields = &self.schema.fields;
        let says_who = self.schema.renewing().any(|slot| fields[slot].indexed);
        let mut accounts = self.schema.renewing().filter(|slot| !says_who || fields[*slot].indexed);
        let value = |cell: Option<CellRef<'_>>| cell.map(|cell| cell.value.to_vec());
        self.intents.signed_out
            || accounts.any(|slot| value(self.draft.stored.get(slot)) != value(self.draft.get(slot)))
    }

    /// Whether the client asked to be signed out, in whatever way.
    pub(crate) fn is_logout(&self) -> bool {
        let is_removed = |slot| self.draft.stored.get(slot).is_some() && self.draft.get(slot).is_none();
        self.intents.signed_out || self.intents.cleared || self.schema.renewing().any(is_removed)
    }

    /// What the store held when the changes were taken; `None` for a session that is not stored.
    pub(crate) const fn base(&self) -> Option<&Base> {
        self.base.as_ref()
    }

    /// The fields as they are to be written, over those that are stored at the base.
    pub(crate) const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Does the operations again on what another request stored meanwhile. Runs user code.
    pub(crate) fn replay(&mut self, base: Base, theirs: Cells, now: Timestamp) -> Result<(), SessionError> {
        self.base = Some(base);
        self.draft = Draft::unchanged(theirs);
        self.redo(now)
    }

    /// Does the operations again on what is stored. Runs user code.
    pub(super) fn redo(&mut self, now: Timestamp) -> Result<(), SessionError> {
        let stored = std::mem::replace(&mut self.draft, Draft::unchanged(Cells::default())).stored;
        let unnamed = self.unknown_change.apply(&stored, &self.intents.sources);
        self.draft = Draft::new(stored, Changed::new(), unnamed);
        for (slot, operations) in &mut self.operations {
            let field = &self.schema.fields[*slot];
            let replayed = change::replay(operations, self.draft.stored.cell(*slot), now, field.name);
            self.draft.set(*slot, replayed.cell);
            if let Some(failure) = replayed.failure {
                return Err(EncodeFailure(Some(failure)).report(field));
            }
        }
        Ok(())
    }

    /// Whether nothing is left to be saved.
    pub(crate) fn is_empty(&self) -> bool {
        self.operations.is_empty() && !self.intents.changes(self.base.as_ref()) && !self.unknown_change.had_any
    }

    /// Whether the changes would sign somebody in, as far as what is left of them tells.
    pub(crate) fn still_signs_in(&self) -> bool {
        let has_value = |slot| self.draft.get(slot).is_some();
        let signs_in = |(slot, operations): &(usize, Operations)| {
            self.schema.fields[*slot].renews && !operations.is_empty() && has_value(*slot)
        };
        self.operations.iter().any(signs_in)
    }
}
