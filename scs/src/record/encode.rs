//! Encoding: the bytes of a record.

use std::ops::Range;

use bytes::Bytes;

use super::{
    CellRef, Cells, FieldRef, Header, StoredField,
    cells::Shape,
    header::or_zero,
    layout::{COUNTS, ENTRY, EXPIRES, EXPIRY, Entry, FIELDS_PER_WORD, WORD, words},
    payload::{Buffer, share},
};
use crate::{schema::Schema, time::Timestamp};

/// The record of what is stored with some fields changed, and its fields; values that have expired are left out.
///
/// `changes` come in the order of the schema. `unnamed`: the fields that the schema does not name, if they change.
pub(crate) fn encode<'a>(
    stored: &'a Cells,
    changes: impl Iterator<Item = (usize, Option<CellRef<'a>>)> + Clone,
    unnamed: Option<&'a [StoredField]>,
    schema: &'a Schema,
    header: &Header,
    now: Timestamp,
) -> (Bytes, Cells) {
    let unnamed = unnamed.map(|fields| fields.iter().map(StoredField::as_ref));
    let fields = Fields { stored, changes, unnamed, schema, now };
    let cells = fields.splice(header).unwrap_or_else(|| fields.lay_out(Some(header)));
    (cells.payload(), cells)
}

/// What the fields of a record are to be.
pub(super) struct Fields<'a, C, U> {
    pub(super) stored: &'a Cells,
    pub(super) changes: C,
    pub(super) unnamed: Option<U>,
    pub(super) schema: &'a Schema,
    pub(super) now: Timestamp,
}

/// A piece of the record to be written.
enum Piece<'a> {
    /// Fields that stay, by their positions among those that are stored.
    Stored(Range<usize>),
    Field(FieldRef<'a>),
}

impl<'a, C, U> Fields<'a, C, U>
where
    C: Iterator<Item = (usize, Option<CellRef<'a>>)> + Clone,
    U: Iterator<Item = FieldRef<'a>> + Clone,
{
    /// Writes every field. What lies together is copied together.
    pub(super) fn lay_out(&self, header: Option<&Header>) -> Cells {
        let (mut ours, mut others) = (Sizes::default(), Sizes::default());
        self.each_named(|piece| ours.add(&piece, self.stored));
        self.each_unnamed(|piece| others.add(&piece, self.stored));
        let shape = self.shape(header.map_or(0, Header::size), &ours, &others);

        let entries = shape.start + COUNTS + WORD * words(shape.names);
        let first_name = entries + ENTRY * (ours.count + others.count);
        let size = shape.values + ours.values + others.values;
        let mut bytes = Buffer::with_capacity(size);
        if let Some(header) = header {
            header.encode(self.schema.fingerprint, &mut bytes);
        }
        bytes.extend_from_slice(&to_be_bytes::<2>(shape.names));
        bytes.extend_from_slice(&to_be_bytes::<2>(shape.unnamed));
        bytes.resize(size, 0);
        self.write_bitmap(&mut bytes[shape.start + COUNTS..entries]);
        let mut writer = Writer::new(&mut bytes, self.stored, [entries, first_name, shape.values]);
        self.each_named(|piece| writer.write(piece));
        self.each_unnamed(|piece| writer.write(piece));

        let first_expiry = ours.first_expiry.min(others.first_expiry).min(self.first_expiry_of_stored());
        Cells::new(share(&mut bytes), &shape, first_expiry)
    }

    fn shape(&self, start: usize, ours: &Sizes, others: &Sizes) -> Shape {
        let fields = self.schema.fields.len();
        let entries = ENTRY * (ours.count + others.count);
        let values = start + COUNTS + WORD * words(fields) + entries + ours.names + others.names;
        Shape { start, values, names: fields, named: ours.count, unnamed: others.count }
    }

    fn each_named(&self, mut write: impl FnMut(Piece<'a>)) {
        let mut next = 0;
        for (slot, cell) in self.changes.clone() {
            let position = self.stored.position(slot);
            let (Ok(before) | Err(before)) = position;
            self.each_live(next..before, &mut write);
            next = before + usize::from(position.is_ok());
            if let Some(cell) = cell.filter(|cell| cell.is_live(self.now)) {
                let field = &self.schema.fields[slot];
                write(Piece::Field(FieldRef { name: field.name.as_bytes(), cell, flags: field.flags() }));
            }
        }
        self.each_live(next..self.stored.named(), &mut write);
    }

    fn each_unnamed(&self, mut write: impl FnMut(Piece<'a>)) {
        match &self.unnamed {
            None => self.each_live(self.stored.named()..self.stored.count(), &mut write),
            Some(fields) => {
                let live = fields.clone().filter(|field| field.cell.is_live(self.now));
                live.for_each(|field| write(Piece::Field(field)));
            }
        }
    }

    fn each_live(&self, positions: Range<usize>, write: &mut impl FnMut(Piece<'a>)) {
        if self.stored.are_live(self.now) {
            if !positions.is_empty() {
                write(Piece::Stored(positions));
            }
            return;
        }
        let is_live = |position: &usize| self.stored.at(*position).is_some_and(|cell| cell.is_live(self.now));
        positions.filter(is_live).for_each(|position| write(Piece::Stored(position..position + 1)));
    }

    fn write_bitmap(&self, bitmap: &mut [u8]) {
        let stored = self.stored.bitmap();
        bitmap[..stored.len()].copy_from_slice(stored);
        let is_live = |cell: &CellRef<'_>| cell.is_live(self.now);
        if !self.stored.are_live(self.now) {
            for slot in 0..self.stored.names() {
                set_bit(bitmap, slot, self.stored.get(slot).as_ref().is_some_and(is_live));
            }
        }
        for (slot, cell) in self.changes.clone() {
            set_bit(bitmap, slot, cell.as_ref().is_some_and(is_live));
        }
    }

    /// When the first of the stored values that have not expired expires, or earlier.
    fn first_expiry_of_stored(&self) -> u64 {
        match self.stored.are_live(self.now) {
            true => self.stored.first_expiry(),
            false => self.stored.first_expiry_after(self.now),
        }
    }
}

/// What pieces come to.
struct Sizes {
    count: usize,
    names: usize,
    values: usize,
    first_expiry: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { count: 0, names: 0, values: 0, first_expiry: u64::MAX }
    }
}

impl Sizes {
    fn add(&mut self, piece: &Piece<'_>, stored: &Cells) {
        match piece {
            Piece::Stored(positions) => {
                self.count += positions.len();
                self.names += stored.names_length(positions.clone());
                self.values += stored.span(positions.clone()).len();
            }
            Piece::Field(FieldRef { name, cell, .. }) => {
                self.count += 1;
                self.names += name.len();
                self.values += size(*cell);
                self.first_expiry = self.first_expiry.min(expiry(*cell));
            }
        }
    }
}

/// Writes pieces into memory of exactly their size.
struct Writer<'a> {
    bytes: &'a mut [u8],
    stored: &'a Cells,
    /// Where the next entry, name and value go.
    entry: usize,
    name: usize,
    value: usize,
    /// Where the values begin.
    values: usize,
    /// The stored field that is next, and where its name lies.
    next: usize,
    next_name: usize,
}

impl<'a> Writer<'a> {
    fn new(bytes: &'a mut [u8], stored: &'a Cells, [entry, name, values]: [usize; 3]) -> Self {
        let next_name = stored.entries_start() + ENTRY * stored.count();
        Self { bytes, stored, entry, name, value: values, values, next: 0, next_name }
    }

    fn write(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Stored(positions) => self.copy(positions),
            Piece::Field(field) => self.encode(field),
        }
    }

    fn copy(&mut self, positions: Range<usize>) {
        self.next_name += self.stored.names_length(self.next..positions.start);
        self.next = positions.end;
        let names = self.next_name..self.next_name + self.stored.names_length(positions.clone());
        self.next_name = names.end;
        let span = self.stored.span(positions.clone());
        let moved = (self.value - self.values).wrapping_sub(span.start - self.stored.values_start());
        for entry in positions.filter_map(|position| self.stored.entry(position)) {
            self.write_entry(Entry { end: low_half((entry.end as usize).wrapping_add(moved)), ..entry });
        }
        self.name = put(self.bytes, self.name, self.stored.bytes().get(names).unwrap_or_default());
        self.value = put(self.bytes, self.value, self.stored.bytes().get(span).unwrap_or_default());
    }

    fn encode(&mut self, FieldRef { name, cell, flags }: FieldRef<'_>) {
        self.name = put(self.bytes, self.name, name);
        self.value = put_cell(self.bytes, self.value, cell);
        let end = low_half(self.value - self.values);
        self.write_entry(Entry { end, name: u16::from_be_bytes(to_be_bytes(name.len())), flags: flags | flag(cell) });
    }

    fn write_entry(&mut self, entry: Entry) {
        self.entry = put(self.bytes, self.entry, &entry.to_bytes());
    }
}

/// How many bytes a cell takes among the values.
pub(super) const fn size(cell: CellRef<'_>) -> usize {
    cell.value.len() + if cell.expires.is_some() { EXPIRY } else { 0 }
}

pub(super) const fn flag(cell: CellRef<'_>) -> u8 {
    if cell.expires.is_some() { EXPIRES } else { 0 }
}

/// `u64::MAX` for never.
pub(super) fn expiry(cell: CellRef<'_>) -> u64 {
    cell.expires.map_or(u64::MAX, Timestamp::as_unix_millis)
}

/// Writes a cell at a position; where it ends.
pub(super) fn put_cell(bytes: &mut [u8], at: usize, cell: CellRef<'_>) -> usize {
    let at = if cell.expires.is_some() { put(bytes, at, &or_zero(cell.expires).to_be_bytes()) } else { at };
    put(bytes, at, cell.value)
}

/// Writes bytes at a position; where they end.
fn put(bytes: &mut [u8], at: usize, part: &[u8]) -> usize {
    let end = at + part.len();
    bytes[at..end].copy_from_slice(part);
    end
}

fn set_bit(bitmap: &mut [u8], slot: usize, is_set: bool) {
    // The words are big-endian, and the lowest bit is the first field.
    let byte = &mut bitmap[slot / FIELDS_PER_WORD * WORD + WORD - 1 - slot % FIELDS_PER_WORD / 8];
    let bit = 1 << (slot % 8);
    *byte = if is_set { *byte | bit } else { *byte & !bit };
}

/// The low `N` bytes. Nothing longer is ever written: records are refused above their size limit, which is far below
/// four gigabytes, and names and schemas are measured before.
fn to_be_bytes<const N: usize>(number: usize) -> [u8; N] {
    let bytes = (number as u64).to_be_bytes();
    let mut low = [0; N];
    low.copy_from_slice(&bytes[8 - N..]);
    low
}

pub(super) fn low_half(number: usize) -> u32 {
    u32::from_be_bytes(to_be_bytes(number))
}
