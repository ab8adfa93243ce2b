//! Attempts: changes on their way into the store.

use crate::{
    error::SessionError,
    id::SessionId,
    record::Cells,
    revision::Revision,
    state::{Base, Changes, Privilege, Source, State},
};

/// Changes on their way into the store. If dropped before they are written, they return to the session. If dropped while a
/// write is under way, it is unknown whether they were written, and the session says so from then on. A logout among them
/// stays to be done, so that no request ends as if it were.
pub(super) struct Attempt<'a> {
    pub(super) state: &'a State,
    changes: Option<Box<Changes>>,
    /// The sessions that were given to this one.
    taken: Vec<Source>,
    /// The id that is being written, until the store answers.
    writing: Option<SessionId>,
    /// Whether the caller learns how it ended.
    is_told: bool,
}

impl<'a> Attempt<'a> {
    pub(super) const fn new(state: &'a State, changes: Box<Changes>) -> Self {
        Self { state, changes: Some(changes), taken: Vec::new(), writing: None, is_told: false }
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

    /// A session that is taken over, for looking at it without what was done here.
    pub(super) fn source(&self, position: usize) -> Option<Source> {
        self.changes.as_deref()?.sources().get(position).cloned()
    }

    /// Takes note of the revision at which a session may be given to this one, whatever its answer.
    pub(super) fn note_giving(&mut self, position: usize, revision: Option<Revision>) -> Result<(), SessionError> {
        if let Some(source) = self.changes_mut()?.source_mut(position) {
            source.gave = revision;
        }
        Ok(())
    }

    /// Takes note that a session is given to this one.
    pub(super) fn note_taken(&mut self, source: Source) {
        self.taken.retain(|taken| taken.id != source.id);
        self.taken.push(source);
    }

    /// The sessions that were given to this one and whose contents have not arrived; empty if the outcome is unknown.
    pub(super) fn take_back(&mut self) -> Vec<Source> {
        match self.writing {
            Some(_) => Vec::new(),
            None => std::mem::take(&mut self.taken),
        }
    }

    /// From now on, until there is an answer, nobody knows whether the changes are applied.
    pub(super) const fn begin_write(&mut self, id: SessionId) {
        self.writing = Some(id);
    }

    /// The store has answered.
    pub(super) const fn end_write(&mut self) {
        self.writing = None;
    }

    /// The caller learns how it ended.
    pub(super) const fn tell(&mut self) {
        self.is_told = true;
    }

    /// Takes note that the changes are stored; `false` if the session was destroyed meanwhile.
    pub(super) fn settle(&mut self, id: SessionId, base: Base, cells: Cells) -> bool {
        self.changes.take().is_some_and(|changes| self.state.settle(id, base, cells, changes))
    }

    /// Nothing is left to be saved.
    pub(super) fn finish(&mut self) {
        if let Some(changes) = self.changes.take() {
            self.state.drop_changes(&changes);
        }
    }

    /// Nothing was written, and what was to be taken over may be another session's.
    pub(super) fn put_back(&mut self) {
        if self.writing.is_none()
            && let Some(changes) = self.changes.take()
        {
            self.state.restore_and_show(changes);
        }
    }

    /// The record is gone: nothing is re-created.
    pub(super) fn give_up(&mut self) -> SessionError {
        let Some(changes) = self.changes.take() else { return SessionError::Gone };
        self.state.end(changes.generation());
        match changes.privilege() {
            Privilege::Authenticated => SessionError::SignInLost,
            _ => SessionError::Gone,
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Some(changes) = self.changes.take() else { return };
        match self.writing {
            Some(id) => {
                if !self.is_told && changes.is_logout() {
                    self.state.owe_logout(changes.generation());
                }
                self.state.set_uncertain(changes.generation(), id);
            }
            None => self.state.restore(changes),
        }
    }
}
