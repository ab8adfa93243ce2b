//! Flash: values that are consumed when they are read.

use bytes::Bytes;

use super::{
    Declared, Field, State,
    change::{Current, Popped},
    operation::Operation,
    slots::Slots,
};
use crate::{
    record::{Cell, CellRef},
    time::Timestamp,
};

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
            state.turns.write().value.slots.change_mut(self.slot).now = Some(Box::new(value));
        }
    }
}

impl State {
    pub(crate) fn pop(&self, slot: usize) -> Option<Bytes> {
        let mut shared = self.turns.write();
        shared.value.slots.pop(slot, || self.now())
    }

    pub(super) fn has(&self, slot: usize) -> bool {
        self.peek(slot).is_some()
    }

    pub(super) fn peek(&self, slot: usize) -> Option<Bytes> {
        let shared = self.turns.read();
        let slots = &shared.value.slots;
        let now = slots.change(slot).and_then(|change| change.now.as_deref().cloned());
        now.or_else(|| slots.live(slot, || self.now()).map(|cell| cell.value))
    }

    /// Leaves what is stored and was popped where it is, unless more was done with it.
    #[cfg(feature = "axum")]
    pub(crate) fn keep_all(&self) {
        let is_popped = |slot: usize| {
            let shared = self.turns.read();
            let change = shared.value.slots.change(slot);
            change.is_some_and(|change| matches!(change.operations[..], [Operation::Pop(_)]))
        };
        let popped: Vec<_> = (0..self.schema.fields.len()).filter(|slot| is_popped(*slot)).collect();
        for slot in popped {
            self.keep(slot);
        }
    }

    fn keep(&self, slot: usize) {
        let mut shared = self.turns.write();
        let slots = &mut shared.value.slots;
        let Some(popped) = slots.change_mut(slot).popped.take() else { return };
        let change = slots.change_mut(slot);
        let undoes_pop = !popped.was_now && matches!(change.operations.last(), Some(Operation::Pop(_)));
        if undoes_pop {
            change.operations.pop();
            // With no change of ours the field is as it is stored, also if another request has set it since.
            change.current = match change.operations.is_empty() {
                true => Current::AsStored,
                false => Current::Changed(Some(popped.value)),
            };
        } else if slots.current(slot).is_none() {
            let obsolete = slots.record(slot, Operation::Set(popped.value.clone()), Some(popped.value));
            drop(shared);
            drop(obsolete);
        }
    }

    /// Whether the field's value is what is stored, here or in another session, or is made of it by changes that are not
    /// committed: setting an equal value gives nobody a second one.
    pub(crate) fn shares(&self, slot: usize) -> bool {
        let shared = self.turns.read();
        let (slots, is_stored) = (&shared.value.slots, shared.value.base.is_some());
        let Some(change) = slots.change(slot).filter(|change| change.now.is_none()) else { return false };
        let value = |cell: Option<CellRef<'_>>| cell.map(|cell| cell.value.to_vec());
        let current = value(slots.current(slot));
        let sets_equal = current.is_some() && current == value(slots.stored(slot));
        change.operations.iter().any(|operation| match operation {
            Operation::TakeOver(_) => true,
            Operation::Replay { .. } => is_stored,
            _ => is_stored && sets_equal,
        })
    }

    /// Whether the field's value is one that only this request knows, for now or not yet committed.
    pub(crate) fn is_local(&self, slot: usize) -> bool {
        let shared = self.turns.read();
        shared.value.slots.change(slot).is_some_and(|change| change.now.is_some() || !change.operations.is_empty())
    }
}

impl Slots {
    fn pop(&mut self, slot: usize, now: impl Fn() -> Timestamp) -> Option<Bytes> {
        if let Some(value) = self.change(slot).and_then(|change| change.now.as_deref().cloned()) {
            let change = self.change_mut(slot);
            change.now = None;
            let popped = Popped { value: Cell { value: value.clone(), expires: None }, was_now: true };
            change.popped = Some(Box::new(popped));
            return Some(value);
        }
        let cell = self.live(slot, now)?;
        let value = cell.value.clone();
        let change = self.change_mut(slot);
        change.popped = Some(Box::new(Popped { value: cell, was_now: false }));
        change.operations.push(Operation::Pop(value.clone()));
        change.current = Current::Changed(None);
        Some(value)
    }
}
