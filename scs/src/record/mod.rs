//! Records: the bytes that a store keeps for one session (docs/format.md).

mod cells;
mod decode;
mod draft;
mod encode;
mod standing;

use std::time::Duration;

use bytes::Bytes;

pub(crate) use self::{
    cells::Cells,
    draft::{Changed, Draft, encode},
    standing::Standing,
};
use crate::{schema::SchemaTag, time::Timestamp, token::SecretHash};

/// The format that this version writes, in the first byte of every record.
const FORMAT: u8 = 1;

const REMEMBERED: u8 = 0b0001;
const AUTHENTICATED: u8 = 0b0010;
const PREVIOUS_SECRET: u8 = 0b0100;

/// No record is decoded beyond these, whatever a store hands over.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;
const MAX_FIELDS: usize = 4096;

/// One session as a store keeps it.
pub(crate) struct Record {
    pub(crate) header: Header,
    pub(crate) cells: Cells,
}

/// What the framework keeps of a session beside the user's fields.
#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) schema: SchemaTag,
    /// The highest schema version that has written this record.
    pub(crate) version: u32,
    pub(crate) created: Timestamp,
    pub(crate) written: Timestamp,
    /// When a `renews` field last was set to a value.
    pub(crate) authenticated: Option<Timestamp>,
    pub(crate) renewed: Timestamp,
    /// When the session ends whatever its user does.
    pub(crate) deadline: Timestamp,
    /// How long the session lives without a request.
    pub(crate) idle: Duration,
    /// Whether the client keeps the token when its browser closes.
    pub(crate) remembered: bool,
    pub(crate) secret: SecretHash,
    pub(crate) previous_secret: Option<PreviousSecret>,
}

/// The secret before the last periodic rotation.
#[derive(Clone, Copy)]
pub(crate) struct PreviousSecret {
    pub(crate) hash: SecretHash,
    /// When it stops working; `None` until its successor is presented.
    pub(crate) expires: Option<Timestamp>,
}

/// One field of a record, by itself: a name, a value as the schema's codec wrote it, and perhaps an expiry.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredField {
    pub(crate) name: Bytes,
    pub(crate) cell: Cell,
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
