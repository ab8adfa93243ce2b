//! Local fields: values that live for one request and are never stored.

use std::{any::Any, sync::Arc};

use super::{Inner, State, turn::MOST_RUNS};

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
        self.change(state, |value| update(value.get_or_insert_with(self.default)))
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
        self.change(state, |value| {
            if value.is_none() {
                *value = (self.default)();
            }
            update(value)
        })
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

    fn change<R>(self, state: &State, mut update: impl FnMut(&mut Option<T>) -> R) -> R {
        let (mut turn, shared) = state.turns.take();
        let mut seen = shared.value.local(self.slot);
        drop(shared);
        let mut runs = 0;
        loop {
            let mut value = seen.as_deref().and_then(|value| value.downcast_ref()).map(self.clone);
            let result = update(&mut value);
            let value = value.map(|value| Arc::new(value) as Local);
            runs += 1;
            let (mut shared, was_overtaken) = turn.lock();
            let newer = shared.value.local(self.slot).filter(|_| was_overtaken);
            if was_overtaken && runs < MOST_RUNS && !is_same(seen.as_ref(), newer.as_ref()) {
                seen = newer;
                continue;
            }
            let obsolete = shared.value.set_local(self.slot, value);
            turn.finish(shared);
            // A user's type is dropped without the lock.
            drop((obsolete, newer, seen));
            return result;
        }
    }

    fn read(self, state: &State) -> Option<T> {
        self.shared(state)?.downcast_ref().map(self.clone)
    }

    fn shared(self, state: &State) -> Option<Local> {
        state.turns.read().value.local(self.slot)
    }
}

fn is_same(one: Option<&Local>, other: Option<&Local>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

impl Inner {
    fn local(&self, slot: usize) -> Option<Local> {
        self.locals.get(slot)?.clone()
    }

    /// Sets a value; returns the one before, to be dropped without the lock.
    #[must_use]
    fn set_local(&mut self, slot: usize, value: Option<Local>) -> Option<Local> {
        if self.locals.len() <= slot {
            self.locals.resize_with(slot + 1, || None);
        }
        std::mem::replace(&mut self.locals[slot], value)
    }
}

impl State {
    fn set_local(&self, slot: usize, value: Option<Local>) {
        let mut shared = self.turns.write();
        let obsolete = shared.value.set_local(slot, value);
        drop(shared);
        // A user's type is dropped without the lock.
        drop(obsolete);
    }
}
