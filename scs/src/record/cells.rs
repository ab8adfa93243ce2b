//! Cells: the fields of one record, read where they lie in its bytes.

use std::{num::NonZeroU32, sync::Arc};

use bytes::Bytes;

use super::{
    Cell, CellRef, MAX_FIELDS, StoredField,
    decode::{InvalidRecord, Reader},
    encode::encode_fields,
};
use crate::{
    error::SessionError,
    schema::{OnInvalid, Schema},
    time::Timestamp,
};

/// The fields of one record: those of the schema by their position in it, the others as they are. Nothing is copied
/// out of the record's bytes.
#[derive(Clone, Default)]
pub(crate) struct Cells {
    bytes: Bytes,
    /// Where the fields begin in the bytes.
    start: usize,
    known: Places,
    /// Fields that this binary's schema does not name, kept byte for byte.
    pub(crate) unknown: Vec<StoredField>,
}

/// Where the fields of a schema lie.
pub(super) type Places = Arc<[Option<Place>]>;

/// Where one field lies in the bytes of its record.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Where the field begins, with its name; where the value begins if it has an older name of the field.
    pub(super) field: u32,
    pub(super) value: u32,
    pub(super) end: NonZeroU32,
    /// In milliseconds since the Unix epoch; 0 for never.
    pub(super) expires: u64,
}

/// A field as it is read.
pub(super) struct FieldRef<'a> {
    pub(super) name: &'a [u8],
    pub(super) place: Place,
}

impl Cells {
    /// The cells of a record whose fields begin at `start`.
    pub(super) fn read(bytes: Bytes, start: usize, schema: &Schema) -> Result<Self, InvalidRecord> {
        let mut known = nowhere(schema);
        let places = Arc::make_mut(&mut known);
        let mut unknown = Vec::new();
        let mut aliased = Vec::new();
        let mut reader = Reader::at(&bytes, start);
        let mut next = 0;
        for _ in 0..reader.count()? {
            let field = reader.field()?;
            if let Some(slot) = own_name(schema, field.name, next) {
                places[slot] = Some(field.place);
                next = slot + 1;
            } else if let Some(slot) = alias(schema, field.name) {
                aliased.push((slot, Place { field: field.place.value, ..field.place }));
            } else {
                std::str::from_utf8(field.name).map_err(|_| InvalidRecord::FieldName)?;
                unknown.push(field.stored(&bytes));
            }
        }
        reader.end()?;
        for (slot, place) in aliased {
            // Its own name wins, wherever in the record it comes.
            places[slot].get_or_insert(place);
        }
        Ok(Self { bytes, start, known, unknown })
    }

    /// The cells of a record that has no bytes yet.
    pub(crate) fn of(schema: &Schema, fields: &[StoredField]) -> Result<Self, InvalidRecord> {
        Self::read(encode_fields(fields), 0, schema)
    }

    /// The cells of a record that was just encoded.
    pub(super) const fn written(bytes: Bytes, start: usize, known: Places, unknown: Vec<StoredField>) -> Self {
        Self { bytes, start, known, unknown }
    }

    pub(crate) fn get(&self, slot: usize) -> Option<CellRef<'_>> {
        let place = self.place(slot)?;
        Some(CellRef { value: &self.bytes[place.value()], expires: place.expires() })
    }

    /// The same, sharing the record's memory.
    pub(crate) fn cell(&self, slot: usize) -> Option<Cell> {
        let place = self.place(slot)?;
        Some(Cell { value: self.bytes.slice(place.value()), expires: place.expires() })
    }

    fn place(&self, slot: usize) -> Option<&Place> {
        self.known.get(slot)?.as_ref()
    }

    /// The bytes of a field from its name to its value, if it is stored under its own name.
    pub(super) fn whole(&self, slot: usize) -> Option<(&Place, &[u8])> {
        let place = self.place(slot).filter(|place| place.field < place.value)?;
        Some((place, &self.bytes[place.field as usize..place.value().end]))
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
        let mut reader = Reader::at(&self.bytes, self.start);
        let count = reader.count().unwrap_or(0);
        (0..count).map_while(|_| reader.field().ok()).map(|field| field.stored(&self.bytes)).collect()
    }
}

impl Place {
    const fn value(&self) -> std::ops::Range<usize> {
        self.value as usize..self.end.get() as usize
    }

    fn expires(&self) -> Option<Timestamp> {
        (self.expires != 0).then(|| Timestamp::from_unix_millis(self.expires))
    }

    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.expires().is_none_or(|expires| now < expires)
    }

    /// The same field where another record has it.
    pub(super) fn moved_to(self, field: u32) -> Option<Self> {
        let value = field.saturating_add(self.value - self.field);
        let end = NonZeroU32::new(value.saturating_add(self.end.get() - self.value))?;
        Some(Self { field, value, end, ..self })
    }
}

impl FieldRef<'_> {
    fn stored(&self, bytes: &Bytes) -> StoredField {
        let cell = Cell { value: bytes.slice(self.place.value()), expires: self.place.expires() };
        StoredField { name: bytes.slice_ref(self.name), cell }
    }
}

/// Places for the fields of a schema that has none of them yet.
pub(super) fn nowhere(schema: &Schema) -> Places {
    std::iter::repeat_n(None, schema.fields.len()).collect()
}

/// The field of this name. Records have their fields in the order of the schema, but for those that are empty.
fn own_name(schema: &Schema, name: &[u8], next: usize) -> Option<usize> {
    let is_it = |slot: &usize| schema.fields[*slot].name.as_bytes() == name;
    (next..schema.fields.len()).find(is_it).or_else(|| (0..next).find(is_it))
}

fn alias(schema: &Schema, name: &[u8]) -> Option<usize> {
    schema.fields.iter().position(|field| field.aliases.iter().any(|alias| alias.as_bytes() == name))
}

/// A place in a record. One that is longer is refused before anybody looks there.
pub(super) fn position(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// No record is read that has more.
pub(super) fn check_count(count: usize) -> Result<usize, InvalidRecord> {
    if count > MAX_FIELDS { Err(InvalidRecord::TooLarge) } else { Ok(count) }
}
