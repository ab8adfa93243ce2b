//! Reserved fields: what the framework notes among the fields that a schema does not name (docs/format.md).

use bytes::Bytes;

use super::{Cell, Cells, StoredField};
use crate::id::SessionId;

/// The id of the session that took what this one has, and whether that one was stored then.
const GIVEN: &[u8] = b"scs.given";

/// The ids of the sessions that this one took what they have from, the last one in front.
const TAKEN: &[u8] = b"scs.taken";

/// So many may be on their way at once, and more than one seldom is.
const MOST_TAKEN: usize = 16;

const RESERVED: &[u8] = b"scs.";
const ID: usize = 16;

/// A session that takes what another one has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taker {
    pub(crate) id: SessionId,
    /// Whether it was there before. If it is gone later, it has ended, with what it took.
    pub(crate) was_stored: bool,
}

impl Cells {
    /// The session that took what this one has: this one has ended.
    pub(crate) fn given_to(&self) -> Option<Taker> {
        let given = self.reserved(GIVEN)?;
        let (id, was_stored) = given.split_first_chunk()?;
        Some(Taker { id: SessionId::from_bytes(*id), was_stored: was_stored == [1] })
    }

    /// Whether this session has what the other one had.
    pub(crate) fn has_taken(&self, id: SessionId) -> bool {
        self.reserved(TAKEN).is_some_and(|taken| taken.as_chunks::<ID>().0.contains(&id.to_bytes()))
    }

    /// The sessions that this one took what they had from.
    pub(crate) fn takings(&self) -> Vec<SessionId> {
        let taken = if self.has_unnamed() { self.reserved(TAKEN) } else { None };
        taken.unwrap_or_default().as_chunks().0.iter().copied().map(SessionId::from_bytes).collect()
    }

    /// The fields that the schema does not name, with the note that another session took what this one has.
    pub(crate) fn given(&self, to: Taker) -> Vec<StoredField> {
        let others = self.unnamed().filter(|field| field.name != GIVEN);
        let value = to.id.to_bytes().into_iter().chain([u8::from(to.was_stored)]).collect();
        others.chain([StoredField::reserved(GIVEN, value)]).collect()
    }

    /// The note that this session took what others have.
    pub(crate) fn taken(&self, ids: impl Iterator<Item = SessionId>) -> StoredField {
        let before = self.reserved(TAKEN).unwrap_or_default();
        let ids = ids.flat_map(SessionId::to_bytes).chain(before);
        StoredField::reserved(TAKEN, ids.take(MOST_TAKEN * ID).collect())
    }

    fn reserved(&self, name: &[u8]) -> Option<Bytes> {
        self.unnamed().find(|field| field.name == name).map(|field| field.cell.value)
    }
}

impl StoredField {
    fn reserved(name: &'static [u8], value: Vec<u8>) -> Self {
        let cell = Cell { value: value.into(), expires: None };
        Self { name: Bytes::from_static(name), cell, flags: 0 }
    }

    /// Whether it is the framework's own.
    pub(crate) fn is_reserved(&self) -> bool {
        self.name.starts_with(RESERVED)
    }
}
