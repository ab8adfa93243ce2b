//! Commits that need not wait: what changed is written and settled under one lock.

use smallvec::SmallVec;

use super::{Base, Held, Inner, Privilege, State, Status, Told, change::Operations, slots::Slots};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{CellRef, Cells},
    schema::Schema,
};

/// Changes of fields and of nothing else, as they lie in the state.
pub(crate) struct Plain<'a> {
    pub(crate) id: SessionId,
    /// What the store holds; `None` for a session that is not stored.
    pub(crate) base: &'a mut Option<Base>,
    pub(crate) held: Option<&'a Held>,
    slots: &'a mut Slots,
}

impl Plain<'_> {
    pub(crate) const fn stored(&self) -> &Cells {
        self.slots.cells()
    }

    /// The changed fields with what they are changed to, in the order of the schema.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (usize, Option<CellRef<'_>>)> + Clone {
        self.slots.changes()
    }

    /// The store holds this now.
    #[inline]
    pub(crate) fn settle(self, base: Base, cells: Cells) {
        *self.base = Some(base);
        self.slots.set_cells(cells);
    }
}

/// How saving plain changes ended.
pub(crate) enum Saved {
    /// The store holds the changes. A session that is new has a token.
    Done(Option<Held>),
    /// The write may have been applied or not.
    Failed(SessionError),
    /// Nothing was written: something has to be waited for, or looked at, first.
    NotYet,
}

impl State {
    /// Commits without waiting; `None` if something has to be waited for, or looked at, before anything is written.
    ///
    /// `last`: the response head leaves right afterwards. `is_due`: whether what is stored must be touched or rotated although
    /// nothing changed. `save` writes the changes.
    pub(crate) fn commit_plain(
        &self,
        last: bool,
        is_due: impl FnOnce(&Base, Option<&Held>) -> bool,
        save: impl FnOnce(Plain<'_>) -> Saved,
    ) -> Option<Result<Told, SessionError>> {
        let mut shared = self.turns.write();
        let inner = &mut shared.value;
        if inner.is_committing || !inner.doomed.is_empty() || !inner.is_plain() {
            return None;
        }
        let is_changed = !inner.slots.is_untouched() && inner.has_changes(self.schema);
        let (saved, obsolete) = match is_changed {
            true => inner.save_plain(self.schema, save)?,
            false => (Ok(()), inner.rest(self.schema, last, is_due)?),
        };
        // After a failure nothing counts as told: the response that refuses the request tells it.
        let told = saved.map(|()| inner.told(self.schema, last));
        drop(shared);
        // What the operations hold is dropped without the lock.
        drop(obsolete);
        Some(told)
    }
}

/// Operations that no longer matter.
type Obsolete = SmallVec<[Operations; 1]>;

impl Inner {
    /// Leaves what is stored as it is, unless something is due.
    fn rest(
        &mut self,
        schema: &Schema,
        last: bool,
        is_due: impl FnOnce(&Base, Option<&Held>) -> bool,
    ) -> Option<Obsolete> {
        let has_to_wait = match self.client.is_usable() {
            true => self.base.as_ref().is_some_and(|base| is_due(base, self.client.held())),
            // The error of an earlier write has been told; a response without changes of its own may leave.
            false => !last,
        };
        match has_to_wait {
            true => None,
            false if self.slots.is_untouched() => Some(Obsolete::new()),
            false => Some(self.drop_ineffective(schema)),
        }
    }

    fn save_plain(
        &mut self,
        schema: &Schema,
        save: impl FnOnce(Plain<'_>) -> Saved,
    ) -> Option<(Result<(), SessionError>, Obsolete)> {
        let is_new = self.base.is_none();
        let is_told = !is_new || self.client.can_learn_any_token();
        if self.has_failure() || !is_told || !self.client.is_usable() || self.privilege(schema) != Privilege::Kept {
            return None;
        }
        // If the store panics, the write may have been applied.
        self.client.set_uncertain();
        let (base, slots) = (&mut self.base, &mut self.slots);
        let saved = save(Plain { id: self.id, base, held: self.client.held(), slots });
        if let Saved::Failed(error) = saved {
            return Some((Err(error), self.slots.take_each_operation()));
        }
        self.client.set_usable();
        match saved {
            Saved::NotYet | Saved::Failed(_) => None,
            Saved::Done(token) => {
                // A session begins when it is stored.
                self.began = self.base.as_ref().map_or(self.began, |base| base.header.created);
                self.committed = self.committed.max(Status::Modified);
                if let Some(token) = token {
                    self.client.start_with(token);
                }
                Some((Ok(()), self.slots.settle()))
            }
        }
    }
}
