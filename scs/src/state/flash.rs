//! Flash: values that are consumed when they are read.

use bytes::Bytes;

use super::{
    Declared, Field, State,
    operation::Operation,
    slot::{Popped, Slot},
};
use crate::record::Cell;

impl<T: 'static, D: Declared<T>> Field<T, D> {
    /// Takes the value out.
    pub fn pop(self, state: &State) -> Option<T> {
        let value = state.pop(self.slot)?;
        self.decode(state, &value)
    }

    /// Reads the value and leaves it.
    pub fn peek(self, state: &State) -> Option<T> {
        let value = state.peek(self.slot)?;
        self.decode(state, &value)
    }

    /// Puts back what was popped last, for the next request.
    pub fn keep(self, state: &State) {
        state.keep(self.slot);
    }

    /// Sets a value for this request only.
    #[expect(clippy::needless_pass_by_value, reason = "generated code hands over what it was given")]
    pub fn now(self, state: &State, value: T) {
        if let Some(value) = self.encode(state, &value) {
            state.turns.write().value.slots[self.slot].now = Some(value);
        }
    }
}

impl State {
    pub(crate) fn pop(&self, slot: usize) -> Option<Bytes> {
        let mut shared = self.turns.write();
        shared.value.slots[slot].pop(|| self.now())
    }

    pub(super) fn has(&self, slot: usize) -> bool {
        self.peek(slot).is_some()
    }

    pub(super) fn peek(&self, slot: usize) -> Option<Bytes> {
        let shared = self.turns.read();
        let slot = &shared.value.slots[slot];
        slot.now.clone().or_else(|| slot.live(|| self.now()).map(|cell| cell.value.clone()))
    }

    fn keep(&self, slot: usize) {
        let mut shared = self.turns.write();
        let Some(popped) = shared.value.slots[slot].popped.take() else { return };
        let target = &mut shared.value.slots[slot];
        let undoes_pop = !popped.was_now && matches!(target.operations.last(), Some(Operation::Pop(_)));
        if undoes_pop {
            target.operations.pop();
            target.current = Some(popped.value);
        } else if target.current.is_none() {
            let obsolete = target.record(Operation::Set(popped.value.clone()), Some(popped.value));
            drop(shared);
            drop(obsolete);
        }
    }

    /// Whether the field's value is one that only this request knows, for now or not yet committed.
    pub(crate) fn is_local(&self, slot: usize) -> bool {
        let shared = self.turns.read();
        let slot = &shared.value.slots[slot];
        slot.now.is_some() || !slot.operations.is_empty()
    }
}

impl Slot {
    fn pop(&mut self, now: impl Fn() -> crate::time::Timestamp) -> Option<Bytes> {
        if let Some(value) = self.now.take() {
            self.popped = Some(Popped { value: Cell { value: value.clone(), expires: None }, was_now: true });
            return Some(value);
        }
        let cell = self.live(now)?.clone();
        let value = cell.value.clone();
        self.popped = Some(Popped { value: cell, was_now: false });
        self.operations.push(Operation::Pop(value.clone()));
        self.current = None;
        Some(value)
    }
}
