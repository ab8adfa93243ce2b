//! Encoding: the bytes of a record.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::{
    AUTHENTICATED, CellRef, FORMAT, Header, PREVIOUS_SECRET, REMEMBERED, StoredField,
    cells::{Place, position},
};
use crate::time::{Timestamp, saturating_millis};

/// Bytes of a header that has neither an authentication nor a previous secret.
const HEADER: usize = 2 + 8 + 4 + 4 * 8 + 8 + 32;
const AUTHENTICATION: usize = 8;
const PREVIOUS: usize = 8 + 32;
/// Bytes of the number of fields.
const COUNT: usize = 2;
/// Bytes of a field beside its name and its value.
const FRAME: usize = 2 + 8 + 4;

/// A field to be written.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// As it is stored, its name included.
    Stored(&'a Place, &'a [u8]),
    Cell(&'a [u8], CellRef<'a>),
}

impl Source<'_> {
    pub(super) const fn size(&self) -> usize {
        match self {
            Self::Stored(_, whole) => whole.len(),
            Self::Cell(name, cell) => FRAME + name.len() + cell.value.len(),
        }
    }

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        match self {
            Self::Stored(place, _) => place.is_live(now),
            Self::Cell(_, cell) => cell.is_live(now),
        }
    }
}

/// Writes one record into memory of exactly its size.
pub(super) struct Encoder {
    bytes: Vec<u8>,
    /// What it will have.
    size: usize,
    /// Where the fields begin.
    start: usize,
}

impl Encoder {
    /// `size`: the bytes of all fields.
    pub(super) fn new(header: &Header, fields: usize, size: usize) -> Self {
        let size = header.size() + COUNT + size;
        let mut bytes = Vec::with_capacity(size);
        header.encode(&mut bytes);
        let start = bytes.len();
        bytes.extend(length::<COUNT>(fields));
        Self { bytes, size, start }
    }

    pub(super) fn field(&mut self, source: Source<'_>) -> Option<Place> {
        match source {
            Source::Stored(place, whole) => {
                let moved = place.moved_to(position(self.bytes.len()));
                self.bytes.extend_from_slice(whole);
                moved
            }
            Source::Cell(name, cell) => encode_field(name, cell, &mut self.bytes),
        }
    }

    /// The record, and where its fields begin.
    pub(super) fn finish(self) -> (Bytes, usize) {
        debug_assert_eq!(self.bytes.len(), self.size, "a record grew out of the memory that was meant for it");
        (self.bytes.into(), self.start)
    }
}

impl Header {
    const fn size(&self) -> usize {
        HEADER
            + if self.authenticated.is_some() { AUTHENTICATION } else { 0 }
            + if self.previous_secret.is_some() { PREVIOUS } else { 0 }
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend([FORMAT, self.flags()]);
        bytes.extend(self.schema.0);
        bytes.extend(self.version.to_be_bytes());
        for time in [self.created, self.written, self.renewed, self.deadline] {
            encode_time(time, bytes);
        }
        bytes.extend(saturating_millis(self.idle).to_be_bytes());
        bytes.extend(self.secret.0);
        if let Some(authenticated) = self.authenticated {
            encode_time(authenticated, bytes);
        }
        if let Some(previous) = self.previous_secret {
            encode_expiry(previous.expires, bytes);
            bytes.extend(previous.hash.0);
        }
    }

    fn flags(&self) -> u8 {
        let flag = |set, flag| if set { flag } else { 0 };
        flag(self.remembered, REMEMBERED)
            | flag(self.authenticated.is_some(), AUTHENTICATED)
            | flag(self.previous_secret.is_some(), PREVIOUS_SECRET)
    }
}

/// The fields of a record that has no header.
pub(super) fn encode_fields(fields: &[StoredField]) -> Bytes {
    let mut bytes = length::<COUNT>(fields.len()).to_vec();
    for StoredField { name, cell } in fields {
        encode_field(name, cell.as_ref(), &mut bytes);
    }
    bytes.into()
}

fn encode_field(name: &[u8], cell: CellRef<'_>, bytes: &mut Vec<u8>) -> Option<Place> {
    let field = position(bytes.len());
    bytes.extend(length::<2>(name.len()));
    bytes.extend_from_slice(name);
    encode_expiry(cell.expires, bytes);
    bytes.extend(length::<4>(cell.value.len()));
    let value = position(bytes.len());
    bytes.extend_from_slice(cell.value);
    let end = NonZeroU32::new(position(bytes.len()))?;
    Some(Place { field, value, end, expires: cell.expires.map_or(0, Timestamp::as_unix_millis) })
}

fn encode_time(time: Timestamp, bytes: &mut Vec<u8>) {
    bytes.extend(time.as_unix_millis().to_be_bytes());
}

/// Zero for never.
fn encode_expiry(expires: Option<Timestamp>, bytes: &mut Vec<u8>) {
    encode_time(expires.unwrap_or(Timestamp::from_unix_millis(0)), bytes);
}

/// The low `N` bytes. Nothing longer is ever written: records are refused above their size limit,
/// which is far below four gigabytes, and names come from Rust identifiers or decoded records.
fn length<const N: usize>(length: usize) -> [u8; N] {
    let bytes = (length as u64).to_be_bytes();
    let mut low = [0; N];
    low.copy_from_slice(&bytes[8 - N..]);
    low
}
