//! Local fields: values that live for one request and are never stored.

use std::{any::Any, sync::Arc};

use super::State;

/// A value of a user's type.
pub(super) type Local = Arc<dyn Any + Send + Sync>;

/// One `skip` field of a schema with its type: what a generated accessor calls. `T` is the value, and
/// `D` the declared type, `T` or `Option<T>`.
pub struct LocalField<T, D = T> {
    slot: usize,
    default: fn() -> D,
    clone: fn(&T) -> T,
}

impl<T, D> Clone for LocalField<T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, D> Copy for LocalField<T, D> {}

impl<T, D> LocalField<T, D> {
    /// The `skip` field at this position among them.
    pub const fn new(slot: usize, default: fn() -> D, clone: fn(&T) -> T) -> Self {
        Self { slot, default, clone }
    }
}

/// A field that always reads as a value.
impl<T: Send + Sync + 'static> LocalField<T> {
    /// The value, or the default.
    pub fn get(self, state: &State) -> T {
        self.read(state).unwrap_or_else(self.default)
    }

    /// What the function makes of the value, or of the default.
    pub fn with<R>(self, state: &State, read: impl FnOnce(&T) -> R) -> R {
        match self.shared(state).as_deref().and_then(|value| value.downcast_ref()) {
            Some(value) => read(value),
            None => read(&(self.default)()),
        }
    }

    /// Changes the value, or the default.
    pub fn update<R>(self, state: &State, mut update: impl FnMut(&mut T) -> R) -> R {
        let _turn = state.turns.take();
        let mut value = self.get(state);
        let result = update(&mut value);
        self.set(state, value);
        result
    }

    /// What the session as a whole reads as.
    pub fn snapshot(self, state: &State) -> T {
        self.get(state)
    }
}

/// A field that may read as nothing.
impl<T: Send + Sync + 'static> LocalField<T, Option<T>> {
    /// The value, or the default, if any.
    pub fn get(self, state: &State) -> Option<T> {
        self.read(state).or_else(self.default)
    }

    /// What the function makes of the value, or of the default, if any.
    pub fn with<R>(self, state: &State, read: impl FnOnce(&Option<T>) -> R) -> R {
        read(&self.get(state))
    }

    /// Changes the value, or the default, if any.
    pub fn update<R>(self, state: &State, mut update: impl FnMut(&mut Option<T>) -> R) -> R {
        let _turn = state.turns.take();
        let mut value = self.get(state);
        let result = update(&mut value);
        state.set_local(self.slot, value.map(|value| Arc::new(value) as Local));
        result
    }

    /// What the session as a whole reads as.
    pub fn snapshot(self, state: &State) -> Option<T> {
        self.get(state)
    }
}

impl<T: Send + Sync + 'static, D> LocalField<T, D> {
    /// Sets the value.
    pub fn set(self, state: &State, value: T) {
        state.set_local(self.slot, Some(Arc::new(value)));
    }

    /// Takes the value out.
    pub fn pop(self, state: &State) -> Option<T> {
        let value = self.read(state);
        self.remove(state);
        value
    }

    /// Removes the value.
    pub fn remove(self, state: &State) {
        state.set_local(self.slot, None);
    }

    /// Whether the field has a value.
    pub fn has(self, state: &State) -> bool {
        self.shared(state).is_some()
    }

    fn read(self, state: &State) -> Option<T> {
        self.shared(state)?.downcast_ref().map(self.clone)
    }

    fn shared(self, state: &State) -> Option<Local> {
        state.turns.read().value.locals.get(self.slot)?.clone()
    }
}

impl State {
    fn set_local(&self, slot: usize, value: Option<Local>) {
        let mut shared = self.turns.write();
        let locals = &mut shared.value.locals;
        if locals.len() <= slot {
            locals.resize_with(slot + 1, || None);
        }
        let obsolete = std::mem::replace(&mut locals[slot], value);
        drop(shared);
        // A user's type is dropped without the lock.
        drop(obsolete);
    }
}
