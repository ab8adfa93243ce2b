//! Fields: the typed view of one slot. Reading decodes, writing encodes, both without the lock.

use std::time::Duration;

use bytes::Bytes;

use super::{State, operation::Operation, turn::MOST_RUNS};
use crate::{
    codec::CodecError,
    error::AlreadySet,
    record::Cell,
    value::{are_permuted, has_one_encoding},
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

/// One field of a schema with its type: what a generated accessor calls. `T` is what is stored, and
/// `D` the declared type, `T` or `Option<T>`.
pub struct Field<T, D = T> {
    pub(super) slot: usize,
    encode: fn(&T) -> Result<Vec<u8>, CodecError>,
    decode: fn(&[u8]) -> Result<T, CodecError>,
    /// Whether two values are equal, where the type can say so.
    equal: Option<fn(&T, &T) -> bool>,
    default: fn() -> D,
    merge: Option<Merge<T>>,
    plus: Option<fn(T, T) -> T>,
}

impl<T, D> Clone for Field<T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, D> Copy for Field<T, D> {}

impl<T, D> Field<T, D> {
    /// The field at this position of its schema.
    ///
    /// What a type must be able to do comes as functions: naming `<T as SessionValue>::encode` is the
    /// one place that asks for it, so that a type that cannot is one error.
    pub const fn new(
        slot: usize,
        default: fn() -> D,
        encode: fn(&T) -> Result<Vec<u8>, CodecError>,
        decode: fn(&[u8]) -> Result<T, CodecError>,
    ) -> Self {
        Self { slot, encode, decode, equal: None, default, merge: None, plus: None }
    }

    /// How values are compared.
    #[must_use]
    pub const fn compared(mut self, equal: Option<fn(&T, &T) -> bool>) -> Self {
        self.equal = equal;
        self
    }
}

impl<T> Field<T> {
    /// `merge = "add"`.
    #[must_use]
    pub const fn adding(mut self, plus: fn(T, T) -> T, rebased: Combine<T>) -> Self {
        self.plus = Some(plus);
        self.merging(rebased)
    }

    /// `merge = "union"` or a path.
    #[must_use]
    pub const fn merging(mut self, combine: Combine<T>) -> Self {
        self.merge = Some(Merge::Values { default: self.default, combine });
        self
    }
}

impl<T> Field<T, Option<T>> {
    /// `merge = path`.
    #[must_use]
    pub const fn merging(mut self, combine: Combine<Option<T>>) -> Self {
        self.merge = Some(Merge::Options(combine));
        self
    }
}

/// A field that always reads as a value.
impl<T: 'static> Field<T> {
    /// The value, or the default.
    pub fn get(self, state: &State) -> T {
        self.read(state).unwrap_or_else(self.default)
    }

    /// What the function makes of the value, or of the default.
    pub fn with<R>(self, state: &State, read: impl FnOnce(&T) -> R) -> R {
        read(&self.get(state))
    }

    /// Changes the value, or the default; the closure runs now, and again if another request was
    /// faster.
    pub fn update<R>(self, state: &State, mut update: impl FnMut(&mut T) -> R + Send + 'static) -> R {
        self.change(state, move |value| update(value.get_or_insert_with(self.default)))
    }

    /// Adds to the value, or to the default, up to the limits of the type.
    pub fn add(self, state: &State, amount: T)
    where
        T: Clone + Send,
    {
        let Some(plus) = self.plus else { return };
        self.change(state, move |value| {
            *value = Some(plus(value.take().unwrap_or_else(self.default), amount.clone()));
        });
    }

    /// What the session as a whole reads as, with nothing consumed.
    pub fn snapshot(self, state: &State) -> T {
        self.peek(state).unwrap_or_else(self.default)
    }
}

/// A field that may read as nothing.
impl<T: 'static> Field<T, Option<T>> {
    /// The value, or the default, if any.
    pub fn get(self, state: &State) -> Option<T> {
        self.read(state).or_else(self.default)
    }

    /// What the function makes of the value, or of the default, if any.
    pub fn with<R>(self, state: &State, read: impl FnOnce(&Option<T>) -> R) -> R {
        read(&self.get(state))
    }

    /// Changes the value, or the default, if any; the closure runs now, and again if another request
    /// was faster.
    pub fn update<R>(self, state: &State, mut update: impl FnMut(&mut Option<T>) -> R + Send + 'static) -> R {
        self.change(state, move |value| {
            if value.is_none() {
                *value = (self.default)();
            }
            update(value)
        })
    }

    /// What the session as a whole reads as, with nothing consumed.
    pub fn snapshot(self, state: &State) -> Option<T> {
        self.peek(state).or_else(self.default)
    }
}

/// A declared type: the value itself, or one that there may be.
pub trait Declared<T>: 'static {
    /// The value, if there is one.
    fn into_value(self) -> Option<T>;
}

impl<T: 'static> Declared<T> for T {
    fn into_value(self) -> Option<T> {
        Some(self)
    }
}

impl<T: 'static> Declared<T> for Option<T> {
    fn into_value(self) -> Option<T> {
        self
    }
}

impl<T: 'static, D: Declared<T>> Field<T, D> {
    pub(crate) const fn slot(self) -> usize {
        self.slot
    }

    /// Whether the field has a value.
    pub fn has(self, state: &State) -> bool {
        state.has(self.slot)
    }

    /// Sets the value. Setting a `renews` field to its default signs nobody in: it removes the value and renews the token.
    #[expect(clippy::needless_pass_by_value, reason = "generated code hands over what it was given")]
    pub fn set(self, state: &State, value: T) {
        let Some(encoded) = self.encode(state, &value) else { return };
        let value = match has_one_encoding::<T>() {
            true => encoded,
            false => self.as_it_was(state, state.value(self.slot).as_deref(), &value, encoded),
        };
        if state.field(self.slot).renews && self.is_default(&value) {
            state.renew();
            return state.remove(self.slot);
        }
        match self.merge {
            Some(merge) => self.set_merged(state, value, merge),
            None => state.set(self.slot, value),
        }
    }

    /// What `merge` makes of our value and the one of another session, which have nothing in common.
    ///
    /// # Errors
    ///
    /// The other value does not decode, or what comes out of it cannot be encoded.
    pub fn combined(self, ours: Option<&Bytes>, theirs: &Bytes) -> Result<Option<Bytes>, CodecError> {
        let Some(merge) = self.merge else { return Ok(Some(theirs.clone())) };
        let Some(ours) = ours.and_then(|ours| (self.decode)(ours).ok()) else { return Ok(Some(theirs.clone())) };
        let merged = merge.combine(None, ours, Some((self.decode)(theirs)?));
        merged.map(|value| self.encoded(&value)).transpose()
    }

    fn set_merged(self, state: &State, ours: Bytes, merge: Merge<T>) {
        let (base, result) = (state.value(self.slot), ours.clone());
        let decode = move |value: &Bytes| (self.decode)(value);
        let replay = move |theirs: Option<&Bytes>| {
            // What no longer decodes counts as none, as it does when it is read.
            let base = base.as_ref().and_then(|base| decode(base).ok());
            let theirs = theirs.and_then(|theirs| decode(theirs).ok());
            let merged = merge.combine(base, decode(&ours)?, theirs);
            merged.map(|value| self.encoded(&value)).transpose()
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
    #[expect(clippy::needless_pass_by_value, reason = "generated code hands over what it was given")]
    pub fn init(self, state: &State, value: T) -> Result<(), AlreadySet> {
        let Some(value) = self.encode(state, &value) else { return Ok(()) };
        match state.init(self.slot, value) {
            true => Ok(()),
            false => Err(AlreadySet::new(state.field(self.slot).name)),
        }
    }

    fn read(self, state: &State) -> Option<T> {
        self.decode(state, &state.copied(self.slot)?)
    }

    fn change<R>(self, state: &State, mut update: impl FnMut(&mut Option<T>) -> R + Send + 'static) -> R {
        let (mut turn, mut seen) = state.take_turn(self.slot);
        let mut runs = 0;
        let (shared, value, expires, result) = loop {
            let mut value = seen.value.as_deref().and_then(|stored| self.decode(state, stored));
            let result = update(&mut value);
            let Some(encoded) = self.encode_option(state, value.as_ref()) else { return result };
            let value = match (encoded, value) {
                (Some(encoded), Some(value)) if !has_one_encoding::<T>() => {
                    Some(self.as_it_was(state, seen.value.as_deref(), &value, encoded))
                }
                (encoded, _) => encoded,
            };
            let keeps_default = seen.is_stored && !state.field(self.slot).renews;
            let value = if keeps_default { value } else { value.filter(|value| !self.is_default(value)) };
            let expires = state.expiry(self.slot);
            runs += 1;
            match state.lock_in_turn(&mut turn, self.slot, &seen) {
                Ok(shared) => break (shared, value, expires, result),
                // What is recorded must come from what is there.
                Err(_) if runs == MOST_RUNS => break (turn.lock().0, value, expires, result),
                Err(newer) => seen = newer,
            }
        };
        let replay = move |theirs: Option<&Bytes>| {
            let mut value = theirs.and_then(|theirs| (self.decode)(theirs).ok());
            update(&mut value);
            value.map(|value| self.encoded(&value)).transpose()
        };
        let operation = Operation::Replay { replay: Box::new(replay), expires };
        let cell = value.map(|value| Cell { value, expires });
        state.record_in_turn(turn, shared, self.slot, operation, cell);
        result
    }

    /// Whether this is the default: where nothing is stored, an update that leaves it is no change.
    fn is_default(self, value: &Bytes) -> bool {
        let Some(default) = (self.default)().into_value() else { return false };
        let Ok(encoded) = (self.encode)(&default) else { return false };
        encoded == *value || !has_one_encoding::<T>() && self.is_reordered(value, &encoded, &default)
    }

    /// Removes the value.
    pub fn remove(self, state: &State) {
        state.remove(self.slot);
    }

    /// How long the value stays; `None` if there is none or it does not expire on its own.
    pub fn expires_in(self, state: &State) -> Option<Duration> {
        let now = state.now();
        let shared = state.turns.read();
        let expires = shared.value.slots.live(self.slot, || now)?.expires?;
        Some(expires.since(now))
    }

    pub(crate) fn decode(self, state: &State, value: &[u8]) -> Option<T> {
        (self.decode)(value).inspect_err(|_| state.report_invalid(self.slot)).ok()
    }

    pub(super) fn encode(self, state: &State, value: &T) -> Option<Bytes> {
        match self.encoded(value) {
            Ok(value) => Some(value),
            Err(error) => {
                state.fail(self.slot, error);
                None
            }
        }
    }

    /// Encodes a value that can be read back.
    fn encoded(self, value: &T) -> Result<Bytes, CodecError> {
        let encoded = (self.encode)(value)?;
        if !has_one_encoding::<T>() {
            self.check(value, &encoded)?;
        }
        Ok(encoded.into())
    }

    /// # Errors
    ///
    /// The bytes cannot be read back, or only as another value. Some shapes of serde's are written and not read by a format: an
    /// enum with `tag` that holds an address in `MessagePack`, a number that is not a number in JSON.
    fn check(self, value: &T, encoded: &[u8]) -> Result<(), CodecError> {
        let read = (self.decode)(encoded)
            .map_err(|error| CodecError::new(format!("the value cannot be read back: {}", error.into_source())))?;
        let Some(equal) = self.equal else { return Ok(()) };
        // What has a NaN in it is not even equal to itself.
        if equal(value, &read) || !equal(value, value) {
            return Ok(());
        }
        // What a type always leaves out is left out again, and nothing else is lost.
        let again = (self.encode)(&read)?;
        if again == encoded || are_permuted(&again, encoded) && equal(&read, &(self.decode)(&again)?) {
            return Ok(());
        }
        Err(CodecError::new("the value cannot be read back: another one is read in its place"))
    }

    /// The encoding that there was before, if it is one of an equal value in another order: that of a `HashMap` is no change.
    fn as_it_was(self, state: &State, before: Option<&[u8]>, value: &T, encoded: Bytes) -> Bytes {
        let field = state.field(self.slot);
        match before.filter(|before| !field.indexed && !field.renews && self.is_reordered(before, &encoded, value)) {
            Some(before) => Bytes::copy_from_slice(before),
            None => encoded,
        }
    }

    /// Whether these bytes are other than the value's, but for their order, and are an equal value's. Equality alone does not tell: a
    /// type may leave out of it what it stores.
    fn is_reordered(self, bytes: &[u8], encoded: &[u8], value: &T) -> bool {
        let is_equal = |equal: fn(&T, &T) -> bool| (self.decode)(bytes).is_ok_and(|other| equal(&other, value));
        are_permuted(bytes, encoded) && self.equal.is_some_and(is_equal)
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
