//! Fields: the typed view of one slot. Reading decodes, writing encodes, both without the lock.

use std::time::Duration;

use bytes::Bytes;

use super::{Additive, State, Union, operation::Operation};
use crate::{
    codec::{Codec, CodecError, SessionValue},
    error::AlreadySet,
    record::Cell,
};

/// How a value that was set here combines with one that another request stored meanwhile.
enum Merge<T> {
    /// A function of values; where there is none, the default stands in.
    Values { default: fn() -> T, combine: Combine<T> },
    /// A function of what an `Option` field reads as.
    Options(Combine<Option<T>>),
}

type Combine<T> = fn(base: T, ours: T, theirs: T) -> T;

impl<T> Clone for Merge<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Merge<T> {}

impl<T> Merge<T> {
    fn combine(self, base: Option<T>, ours: T, theirs: Option<T>) -> Option<T> {
        match self {
            Self::Values { default, combine } => {
                Some(combine(base.unwrap_or_else(default), ours, theirs.unwrap_or_else(default)))
            }
            Self::Options(combine) => combine(base, Some(ours), theirs),
        }
    }
}

/// One field of a schema with its type: what a generated accessor calls.
pub struct Field<T> {
    pub(super) slot: usize,
    encode: fn(&T) -> Result<Vec<u8>, CodecError>,
    decode: fn(&[u8]) -> Result<T, CodecError>,
    merge: Option<Merge<T>>,
    plus: Option<fn(T, T) -> T>,
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<T> {}

impl<T> Field<T> {
    /// The field at this position of its schema. The one place that asks what a type must be able to
    /// do, so that a type that cannot is one error.
    pub const fn new<C: Codec>(slot: usize) -> Self
    where
        T: SessionValue,
    {
        Self { slot, encode: C::encode, decode: C::decode, merge: None, plus: None }
    }

    /// `merge = "add"`.
    #[must_use]
    pub const fn adding(mut self, default: fn() -> T) -> Self
    where
        T: Additive,
    {
        self.plus = Some(T::plus);
        self.merging(default, T::rebased)
    }

    /// `merge = "union"`.
    #[must_use]
    pub const fn uniting(self, default: fn() -> T) -> Self
    where
        T: Union,
    {
        self.merging(default, T::united)
    }

    /// `merge = path` of a field with a default.
    #[must_use]
    pub const fn merging(mut self, default: fn() -> T, combine: Combine<T>) -> Self {
        self.merge = Some(Merge::Values { default, combine });
        self
    }

    /// `merge = path` of an `Option` field.
    #[must_use]
    pub const fn merging_options(mut self, combine: Combine<Option<T>>) -> Self {
        self.merge = Some(Merge::Options(combine));
        self
    }
}

impl<T: 'static> Field<T> {
    pub(crate) const fn slot(self) -> usize {
        self.slot
    }

    /// The value, or the default, if any.
    pub fn get(self, state: &State, default: fn() -> Option<T>) -> Option<T> {
        self.read(state).or_else(default)
    }

    /// The value, or the default.
    pub fn get_or(self, state: &State, default: fn() -> T) -> T {
        self.read(state).unwrap_or_else(default)
    }

    /// What the function makes of the value, or of the default, if any.
    pub fn with<R>(self, state: &State, default: fn() -> Option<T>, read: impl FnOnce(&Option<T>) -> R) -> R {
        read(&self.get(state, default))
    }

    /// What the function makes of the value, or of the default.
    pub fn with_or<R>(self, state: &State, default: fn() -> T, read: impl FnOnce(&T) -> R) -> R {
        read(&self.get_or(state, default))
    }

    /// Whether the field has a value.
    pub fn has(self, state: &State) -> bool {
        state.has(self.slot)
    }

    /// Sets the value.
    pub fn set(self, state: &State, value: &T) {
        let Some(value) = self.encode(state, value) else { return };
        match self.merge {
            Some(merge) => self.set_merged(state, value, merge),
            None => state.set(self.slot, value),
        }
    }

    fn set_merged(self, state: &State, ours: Bytes, merge: Merge<T>) {
        let (base, result) = (state.value(self.slot), ours.clone());
        let decode = move |value: &Bytes| (self.decode)(value);
        let replay = move |theirs: Option<&Bytes>| {
            // What no longer decodes counts as none, as it does when it is read.
            let base = base.as_ref().and_then(|base| decode(base).ok());
            let theirs = theirs.and_then(|theirs| decode(theirs).ok());
            let merged = merge.combine(base, decode(&ours)?, theirs);
            merged.map(|value| (self.encode)(&value).map(Bytes::from)).transpose()
        };
        let expires = state.expiry(self.slot);
        let operation = Operation::Replay { replay: Box::new(replay), expires };
        state.record(self.slot, operation, Some(Cell { value: result, expires }));
    }

    /// Sets the value for the life of the session.
    ///
    /// # Errors
    ///
    /// The field already has a value.
    pub fn init(self, state: &State, value: &T) -> Result<(), AlreadySet> {
        let Some(value) = self.encode(state, value) else { return Ok(()) };
        match state.init(self.slot, value) {
            true => Ok(()),
            false => Err(AlreadySet::new(state.field(self.slot).name)),
        }
    }

    /// Changes the value, or the default, if any; the closure runs now, and again if another request
    /// was faster.
    pub fn update<R>(
        self,
        state: &State,
        default: fn() -> Option<T>,
        mut update: impl FnMut(&mut Option<T>) -> R + Send + 'static,
    ) -> R {
        self.change(state, move |value| {
            if value.is_none() {
                *value = default();
            }
            update(value)
        })
    }

    /// Changes the value, or the default.
    pub fn update_or<R>(
        self,
        state: &State,
        default: fn() -> T,
        mut update: impl FnMut(&mut T) -> R + Send + 'static,
    ) -> R {
        self.change(state, move |value| update(value.get_or_insert_with(default)))
    }

    /// Adds to the value, or to the default, up to the limits of the type.
    pub fn add(self, state: &State, default: fn() -> T, amount: T)
    where
        T: Clone + Send,
    {
        let Some(plus) = self.plus else { return };
        self.change(state, move |value| *value = Some(plus(value.take().unwrap_or_else(default), amount.clone())));
    }

    fn read(self, state: &State) -> Option<T> {
        self.decode(state, &state.value(self.slot)?)
    }

    fn change<R>(self, state: &State, mut update: impl FnMut(&mut Option<T>) -> R + Send + 'static) -> R {
        let _turn = state.turns.take();
        let mut value = self.read(state);
        let result = update(&mut value);
        let Some(value) = self.encode_option(state, value.as_ref()) else { return result };
        let replay = move |theirs: Option<&Bytes>| {
            let mut value = theirs.and_then(|theirs| (self.decode)(theirs).ok());
            update(&mut value);
            value.map(|value| (self.encode)(&value).map(Bytes::from)).transpose()
        };
        let expires = state.expiry(self.slot);
        let result_cell = value.map(|value| Cell { value, expires });
        state.record(self.slot, Operation::Replay { replay: Box::new(replay), expires }, result_cell);
        result
    }

    /// Removes the value.
    pub fn remove(self, state: &State) {
        state.remove(self.slot);
    }

    /// How long the value stays; `None` if there is none or it does not expire on its own.
    pub fn expires_in(self, state: &State) -> Option<Duration> {
        let now = state.now();
        let shared = state.turns.read();
        let expires = shared.value.slots[self.slot].live(|| now)?.expires?;
        Some(expires.since(now))
    }

    pub(crate) fn decode(self, state: &State, value: &Bytes) -> Option<T> {
        (self.decode)(value).inspect_err(|_| state.report_invalid(self.slot)).ok()
    }

    pub(super) fn encode(self, state: &State, value: &T) -> Option<Bytes> {
        match (self.encode)(value) {
            Ok(value) => Some(value.into()),
            Err(error) => {
                state.fail(self.slot, error);
                None
            }
        }
    }

    /// `None` if the value cannot be encoded; `Some(None)` if there is none.
    #[expect(clippy::option_option, reason = "the outer option is the failure, already recorded")]
    fn encode_option(self, state: &State, value: Option<&T>) -> Option<Option<Bytes>> {
        match value {
            Some(value) => self.encode(state, value).map(Some),
            None => Some(None),
        }
    }
}
