//! Changes: what a commit takes out of a state and writes.

use super::{
    Base, Inner, Privilege,
    intents::{Intents, UnknownChange},
    operation::Operation,
    slot::{self, EncodeFailure},
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Cell, Header, Record, StoredField},
    schema::Schema,
    time::Timestamp,
};

/// The uncommitted operations of a session, and the fields as they are to be written.
pub(crate) struct Changes {
    pub(super) schema: &'static Schema,
    pub(super) id: SessionId,
    pub(super) base: Option<Base>,
    /// The schema's fields as they are stored.
    pub(super) stored: Vec<Option<Cell>>,
    pub(super) operations: Vec<(usize, Vec<Operation>)>,
    pub(super) cells: Vec<Option<Cell>>,
    pub(super) unknown: Vec<StoredField>,
    pub(super) unknown_change: UnknownChange,
    pub(super) intents: Intents,
    pub(super) privilege: Privilege,
    pub(super) generation: u64,
}

impl Inner {
    pub(super) fn take_changes(&mut self, schema: &'static Schema, privilege: Privilege) -> Changes {
        let intents = std::mem::take(&mut self.intents);
        Changes {
            schema,
            id: self.id,
            base: self.base.clone(),
            stored: self.stored(),
            operations: self.take_operations(),
            cells: self.slots.iter().map(|slot| slot.current.clone()).collect(),
            unknown: self.unknown.clone(),
            unknown_change: std::mem::take(&mut self.unknown_change),
            intents,
            privilege,
            generation: self.generation,
        }
    }
}

impl Changes {
    pub(crate) const fn privilege(&self) -> Privilege {
        self.privilege
    }

    pub(crate) const fn remember(&self) -> Option<bool> {
        self.intents.remember
    }

    pub(crate) const fn deadline(&self) -> Option<Timestamp> {
        self.intents.deadline
    }

    pub(crate) const fn id(&self) -> SessionId {
        self.id
    }

    /// What the store held when the changes were taken; `None` for a session that is not stored.
    pub(crate) const fn base(&self) -> Option<&Base> {
        self.base.as_ref()
    }

    /// The schema's fields as they are stored at the base.
    pub(crate) fn stored(&self) -> &[Option<Cell>] {
        &self.stored
    }

    /// The values to be written, by position in the schema.
    pub(crate) fn cells(&self) -> &[Option<Cell>] {
        &self.cells
    }

    /// Does the operations again on what another request stored meanwhile. Runs user code.
    pub(crate) fn replay(&mut self, base: Base, theirs: Record, now: Timestamp) -> Result<(), SessionError> {
        let (_, cells, unknown) = theirs.assign(self.schema);
        self.cells.clone_from(&cells);
        self.stored = cells;
        self.base = Some(base);
        for (slot, operations) in &mut self.operations {
            let field = &self.schema.fields[*slot];
            let replayed = slot::replay(operations, self.cells[*slot].take(), now, field.name);
            self.cells[*slot] = replayed.cell;
            if let Some(failure) = replayed.failure {
                return Err(EncodeFailure(Some(failure)).report(field));
            }
        }
        self.unknown = self.unknown_change.apply(unknown);
        Ok(())
    }

    /// The bytes of the record under this header; values that have expired are left out.
    pub(crate) fn encode(&self, header: &Header, now: Timestamp) -> Vec<u8> {
        encode(self.schema, header, &self.cells, &self.unknown, now)
    }
}

/// The bytes of a record; values that have expired are left out.
pub(crate) fn encode(
    schema: &Schema,
    header: &Header,
    cells: &[Option<Cell>],
    unknown: &[StoredField],
    now: Timestamp,
) -> Vec<u8> {
    let known = schema.fields.iter().zip(cells);
    let known = known.filter_map(|(field, cell)| Some((field.name.as_bytes(), cell.as_ref()?)));
    let unknown = unknown.iter().map(|field| (&*field.name, &field.cell));
    header.encode(known.chain(unknown).filter(move |(_, cell)| cell.is_live(now)))
}
