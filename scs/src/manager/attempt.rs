//! Attempts: changes on their way into the store.

use crate::{
    error::SessionError,
    id::SessionId,
    record::Cells,
    state::{Base, Changes, Privilege, State},
};

/// Changes on their way into the store. Dropped before they got there, they return to the session;
/// dropped while a write was under way, nobody knows, and the session says so from then on.
pub(super) struct Attempt<'a> {
    pub(super) state: &'a State,
    changes: Option<Box<Changes>>,
    writing: bool,
}

impl<'a> Attempt<'a> {
    pub(super) const fn new(state: &'a State, changes: Box<Changes>) -> Self {
        Self { state, changes: Some(changes), writing: false }
    }

    pub(super) fn changes(&self) -> Result<&Changes, SessionError> {
        self.changes.as_deref().ok_or(SessionError::Uncertain)
    }

    pub(super) fn changes_mut(&mut self) -> Result<&mut Changes, SessionError> {
        self.changes.as_deref_mut().ok_or(SessionError::Uncertain)
    }

    pub(super) fn base(&self) -> Result<&Base, SessionError> {
        self.changes.as_deref().and_then(Changes::base).ok_or(SessionError::Uncertain)
    }

    /// From now on, until there is an answer, nobody knows whether the changes are applied.
    pub(super) const fn begin_write(&mut self) {
        self.writing = true;
    }

    /// The store has answered.
    pub(super) const fn end_write(&mut self) {
        self.writing = false;
    }

    pub(super) fn settle(&mut self, id: SessionId, base: Base, cells: Cells) {
        if let Some(changes) = self.changes.take() {
            self.state.settle(id, base, cells, changes);
        }
    }

    /// The record is gone: nothing is re-created.
    pub(super) fn give_up(&mut self) -> SessionError {
        let changes = self.changes.take();
        self.state.end();
        match changes.map(|changes| changes.privilege()) {
            Some(Privilege::Authenticated) => SessionError::SignInLost,
            _ => SessionError::Gone,
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Some(changes) = self.changes.take() else { return };
        match self.writing {
            true => self.state.set_uncertain(),
            false => self.state.restore(changes),
        }
    }
}
