//! Records: the bytes that a store keeps for one session (docs/format.md).

mod arrange;
mod cells;
mod decode;
mod draft;
mod encode;
mod format_1;
mod header;
mod layout;
mod payload;
mod reserved;
mod splice;
mod standing;
#[cfg(test)]
mod tests;

use bytes::Bytes;

pub(crate) use self::{
    cells::Cells,
    decode::InvalidRecord,
    draft::{Changed, Draft},
    encode::encode,
    header::Header,
    reserved::Taker,
    standing::Standing,
};
use crate::time::Timestamp;

/// The format that this version writes, in the first byte of every record.
const FORMAT: u8 = 2;

/// No record is decoded beyond these, whatever a store hands over.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;
pub(crate) const MAX_FIELDS: usize = 4096;

/// One session as a store keeps it.
pub(crate) struct Record {
    pub(crate) header: Header,
    pub(crate) cells: Cells,
}

/// One field of a record, by itself: a name, a value as the schema's codec wrote it, and perhaps an expiry.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredField {
    pub(crate) name: Bytes,
    pub(crate) cell: Cell,
    /// What its writer's schema says of it, for binaries whose schema does not name it.
    pub(crate) flags: u8,
}

/// A field that is still part of a record.
#[derive(Clone, Copy)]
struct FieldRef<'a> {
    name: &'a [u8],
    cell: CellRef<'a>,
    flags: u8,
}

/// An encoded value and when it expires on its own.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) value: Bytes,
    pub(crate) expires: Option<Timestamp>,
}

/// A cell that is still part of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellRef<'a> {
    pub(crate) value: &'a [u8],
    pub(crate) expires: Option<Timestamp>,
}

impl StoredField {
    fn as_ref(&self) -> FieldRef<'_> {
        FieldRef { name: &self.name, cell: self.cell.as_ref(), flags: self.flags }
    }
}

impl Cell {
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.as_ref().is_live(now)
    }

    pub(crate) fn as_ref(&self) -> CellRef<'_> {
        CellRef { value: &self.value, expires: self.expires }
    }
}

impl CellRef<'_> {
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}
