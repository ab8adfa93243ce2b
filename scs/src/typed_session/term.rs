use std::{fmt, marker::PhantomData};

use bytes::Bytes;

use super::Session;
use crate::{
    codec::Codec,
    error::SessionError,
    schema::{FieldSchema, Schema},
    value::SessionValue,
};

/// What sessions of schema `S` can be searched for: made by the function that `index` generates,
/// `Visitor::by_account(7)`.
pub struct TypedTerm<S> {
    search: Result<Search, SessionError>,
    schema: PhantomData<fn() -> S>,
}

/// A value that an indexed field is to have.
pub(crate) struct Search {
    schema: &'static Schema,
    pub(crate) slot: usize,
    pub(crate) value: Bytes,
}

impl Search {
    pub(crate) const fn new(schema: &'static Schema, slot: usize, value: Bytes) -> Self {
        Self { schema, slot, value }
    }

    pub(crate) const fn field(&self) -> &'static FieldSchema {
        &self.schema.fields[self.slot]
    }
}

impl<S: Session> TypedTerm<S> {
    #[doc(hidden)]
    pub fn new<C: Codec, T: SessionValue>(slot: usize, value: &T) -> Self {
        let field: &'static FieldSchema = &S::SCHEMA.fields[slot];
        let encoded = value
            .encode::<C>()
            .map_err(|error| SessionError::Encode { field: field.name, source: error.into_source() });
        Self { search: encoded.map(|value| Search::new(S::SCHEMA, slot, value.into())), schema: PhantomData }
    }

    pub(crate) fn into_search(self) -> Result<Search, SessionError> {
        self.search
    }
}

impl<S> fmt::Debug for TypedTerm<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedTerm(..)")
    }
}
