//! Cells: the fields of one record, read where they lie in its bytes.

use std::ops::Range;

use bytes::Bytes;

use super::{
    Cell, CellRef, FieldRef, StoredField,
    header::unless_zero,
    layout::{COUNTS, ENTRY, EXPIRES, EXPIRY, Entry, FIELDS_PER_WORD, WORD, words},
};
use crate::{
    error::SessionError,
    schema::{OnInvalid, Schema},
    time::Timestamp,
};

/// The fields of one record: those that the schema names by their position in it, then the others. Nothing is copied
/// out of the record's bytes.
#[derive(Clone)]
pub(crate) struct Cells {
    bytes: Bytes,
    /// In milliseconds since the Unix epoch, `u64::MAX` for never. It may be too early, and never is too late.
    first_expiry: u64,
    start: u32,
    values: u32,
    names: u16,
    named: u16,
    unnamed: u16,
    /// What was read, if it had another layout.
    stored: Option<Box<Self>>,
}

const _: () = assert!(size_of::<Cells>() <= 64, "every request has cells in memory");

/// Where the parts of the fields lie.
pub(super) struct Shape {
    /// Where the fields begin, and where their values do.
    pub(super) start: usize,
    pub(super) values: usize,
    /// How many fields the schema names, how many of them are there, and how many others.
    pub(super) names: usize,
    pub(super) named: usize,
    pub(super) unnamed: usize,
}

impl Default for Cells {
    fn default() -> Self {
        let shape = Shape { start: 0, values: 0, names: 0, named: 0, unnamed: 0 };
        Self::new(Bytes::new(), &shape, u64::MAX)
    }
}

impl Cells {
    #[inline]
    pub(super) fn new(bytes: Bytes, shape: &Shape, first_expiry: u64) -> Self {
        // Records are refused long before a number does not fit.
        let small = |number| u16::try_from(number).unwrap_or(u16::MAX);
        let large = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            bytes,
            first_expiry,
            start: large(shape.start),
            values: large(shape.values),
            names: small(shape.names),
            named: small(shape.named),
            unnamed: small(shape.unnamed),
            stored: None,
        }
    }

    /// Looks when the first value expires; `None` if one that expires is too short to say when.
    pub(super) fn with_first_expiry(mut self) -> Option<Self> {
        (0..self.count()).try_for_each(|position| self.at(position).map(drop))?;
        self.first_expiry = self.first_expiry_after(Timestamp::from_unix_millis(0));
        Some(self)
    }

    /// When the first of those values expires that have not yet, `u64::MAX` for never.
    pub(super) fn first_expiry_after(&self, now: Timestamp) -> u64 {
        let expiries = (0..self.count()).filter_map(|position| self.at(position)?.expires);
        expiries.filter(|expires| now < *expires).min().map_or(u64::MAX, Timestamp::as_unix_millis)
    }

    pub(super) fn with_stored(mut self, stored: Self) -> Self {
        self.stored = Some(Box::new(stored));
        self
    }

    pub(crate) fn get(&self, slot: usize) -> Option<CellRef<'_>> {
        self.at(self.position(slot).ok()?)
    }

    /// The same, sharing the record's memory.
    pub(crate) fn cell(&self, slot: usize) -> Option<Cell> {
        self.get(slot).map(|cell| self.shared(cell))
    }

    fn shared(&self, cell: CellRef<'_>) -> Cell {
        Cell { value: self.bytes.slice_ref(cell.value), expires: cell.expires }
    }

    /// Whether every value decodes that has to; `false` if the session is to end because one does not.
    pub(crate) fn check(&self, schema: &Schema) -> Result<bool, SessionError> {
        for (slot, field) in schema.fields.iter().enumerate() {
            let (OnInvalid::Destroy { decodes } | OnInvalid::Error { decodes }) = field.on_invalid else { continue };
            if self.get(slot).is_none_or(|cell| decodes(cell.value)) {
                continue;
            }
            if matches!(field.on_invalid, OnInvalid::Destroy { .. }) {
                return Ok(false);
            }
            return Err(SessionError::Invalid { field: field.name, expected: field.type_name });
        }
        Ok(true)
    }

    /// Every field under the name that it is stored under.
    pub(crate) fn fields(&self) -> Vec<StoredField> {
        let stored = self.stored.as_deref().unwrap_or(self);
        stored.refs().map(|field| stored.shared_field(field)).collect()
    }

    /// Whether another version of the schema wrote the record.
    pub(crate) const fn has_other_layout(&self) -> bool {
        self.stored.is_some()
    }

    /// Whether there are fields that the schema does not name.
    pub(crate) const fn has_unnamed(&self) -> bool {
        self.unnamed > 0
    }

    /// The fields that the schema does not name, sharing the record's memory.
    pub(crate) fn unnamed(&self) -> impl Iterator<Item = StoredField> {
        self.unnamed_refs().map(|field| self.shared_field(field))
    }

    fn shared_field(&self, field: FieldRef<'_>) -> StoredField {
        let name = self.bytes.slice_ref(field.name);
        StoredField { name, cell: self.shared(field.cell), flags: field.flags }
    }

    pub(super) fn unnamed_refs(&self) -> impl Iterator<Item = FieldRef<'_>> {
        self.refs_from(self.named())
    }

    /// Every field, with its name.
    pub(super) fn refs(&self) -> impl Iterator<Item = FieldRef<'_>> {
        self.refs_from(0)
    }

    fn refs_from(&self, position: usize) -> impl Iterator<Item = FieldRef<'_>> {
        let positions = position..self.count();
        // The last name ends where the first value begins.
        let mut next = self.values_start() - self.names_length(positions.clone());
        positions.map_while(move |position| {
            let entry = self.entry(position)?;
            let name = next..next + usize::from(entry.name);
            next = name.end;
            Some(FieldRef { name: self.bytes.get(name)?, cell: self.at(position)?, flags: entry.flags & !EXPIRES })
        })
    }
}

/// By position among the fields that are there.
impl Cells {
    /// The position of a field of the schema; if it is not there, the one that it would have.
    #[inline]
    pub(super) fn position(&self, slot: usize) -> Result<usize, usize> {
        let (index, bit) = (slot / FIELDS_PER_WORD, 1_u64 << (slot % FIELDS_PER_WORD));
        let word = self.word(index);
        let mut before = (word & (bit - 1)).count_ones();
        for earlier in 0..index {
            before += self.word(earlier).count_ones();
        }
        if word & bit == 0 { Err(before as usize) } else { Ok(before as usize) }
    }

    #[inline]
    fn word(&self, index: usize) -> u64 {
        if index >= words(self.names()) {
            return 0;
        }
        let bitmap = self.bytes.get(self.start() + COUNTS + WORD * index..);
        bitmap.and_then(|bitmap| bitmap.first_chunk()).map_or(0, |word| u64::from_be_bytes(*word))
    }

    #[inline]
    pub(super) fn at(&self, position: usize) -> Option<CellRef<'_>> {
        let value = self.bytes.get(self.span(position..position + 1))?;
        if self.entry(position)?.flags & EXPIRES == 0 {
            return Some(CellRef { value, expires: None });
        }
        let (expires, value) = value.split_first_chunk::<EXPIRY>()?;
        Some(CellRef { value, expires: unless_zero(u64::from_be_bytes(*expires)) })
    }

    /// Where the values of these fields lie in the bytes.
    #[inline]
    pub(super) fn span(&self, positions: Range<usize>) -> Range<usize> {
        let end = |position| self.entry(position).map_or(0, |entry| entry.end as usize);
        let start = positions.start.checked_sub(1).map_or(0, end);
        self.values_start() + start..self.values_start() + positions.end.checked_sub(1).map_or(0, end)
    }

    #[inline]
    pub(super) fn entry(&self, position: usize) -> Option<Entry> {
        let entry = self.bytes.get(self.entries_start() + ENTRY * position..)?.first_chunk()?;
        Some(Entry::from_bytes(*entry))
    }

    /// How many bytes the names of these fields have.
    pub(super) fn names_length(&self, positions: Range<usize>) -> usize {
        positions.filter_map(|position| self.entry(position)).map(|entry| usize::from(entry.name)).sum()
    }
}

impl Cells {
    pub(super) fn payload(&self) -> Bytes {
        self.bytes.clone()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) const fn first_expiry(&self) -> u64 {
        self.first_expiry
    }

    pub(super) const fn are_live(&self, now: Timestamp) -> bool {
        now.as_unix_millis() < self.first_expiry
    }

    pub(super) const fn names(&self) -> usize {
        self.names as usize
    }

    pub(super) const fn named(&self) -> usize {
        self.named as usize
    }

    pub(crate) const fn count(&self) -> usize {
        self.named as usize + self.unnamed as usize
    }

    pub(super) const fn start(&self) -> usize {
        self.start as usize
    }

    pub(super) fn bitmap(&self) -> &[u8] {
        self.bytes.get(self.start() + COUNTS..self.entries_start()).unwrap_or_default()
    }

    pub(super) const fn entries_start(&self) -> usize {
        self.start as usize + COUNTS + WORD * words(self.names as usize)
    }

    pub(super) const fn values_start(&self) -> usize {
        self.values as usize
    }
}
