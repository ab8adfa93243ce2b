//! Reserved fields: what the framework notes among the fields that a schema does not name (docs/format.md).

use bytes::Bytes;

use super::{Cell, Cells, StoredField};
use crate::id::SessionId;

/// The id of the session that took what this one has.
const GIVEN: &[u8] = b"scs.given";

/// The ids of the sessions that this one took what they have from, the last one in front.
const TAKEN: &[u8] = b"scs.taken";

/// So many may be on their way at once, and more than one seldom is.
const MOST_TAKEN: usize = 4;

const RESERVED: &[u8] = b"scs.";
const ID: usize = 16;

impl Cells {
    /// The session that took what this one has: this one has ended.
    pub(crate) fn given_to(&self) -> Option<SessionId> {
        let given = self.reserved(GIVEN)?;
        given.first_chunk().map(|id| SessionId::from_bytes(*id))
    }

    /// Whether this session has what the other one had.
    pub(crate) fn has_taken(&self, id: SessionId) -> bool {
        self.reserved(TAKEN).is_some_and(|taken| taken.as_chunks::<ID>().0.contains(&id.to_bytes()))
    }

    /// The fields that the schema does not name, with the note that another session took what this one has.
    pub(crate) fn given(&self, to: SessionId) -> Vec<StoredField> {
        let others = self.unnamed().filter(|field| field.name != GIVEN);
        others.chain([StoredField::reserved(GIVEN, to.to_bytes().to_vec())]).collect()
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
