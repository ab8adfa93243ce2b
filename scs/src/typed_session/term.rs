use std::{fmt, marker::PhantomData};

use super::Session;
use crate::{
    codec::{Codec, SessionValue},
    error::SessionError,
    schema::FieldSchema,
    term::Term,
};

/// What sessions of schema `S` can be searched for: made by the function that `index` generates,
/// `Visitor::by_account(7)`.
pub struct TypedTerm<S> {
    term: Result<Term, SessionError>,
    schema: PhantomData<fn() -> S>,
}

impl<S: Session> TypedTerm<S> {
    #[doc(hidden)]
    pub fn new<C: Codec, T: SessionValue>(slot: usize, value: &T) -> Self {
        let field: &'static FieldSchema = &S::SCHEMA.fields[slot];
        let encoded =
            C::encode(value).map_err(|error| SessionError::Encode { field: field.name, source: error.into_source() });
        Self { term: encoded.map(|value| S::SCHEMA.tag().term(field, &value)), schema: PhantomData }
    }

    pub(crate) fn into_term(self) -> Result<Term, SessionError> {
        self.term
    }
}

impl<S> fmt::Debug for TypedTerm<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedTerm(..)")
    }
}
