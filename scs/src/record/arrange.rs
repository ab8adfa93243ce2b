//! Arranging: fields that another schema or format has written, brought into the layout of this schema by their names.

use bytes::Bytes;

use super::{CellRef, Cells, FieldRef, StoredField, decode::InvalidRecord, encode::Fields, layout::check_count};
use crate::{schema::Schema, time::Timestamp};

/// What a record of no schema is laid out by.
static NAMELESS: Schema = Schema::new("", &[]);

/// Before every expiry: what has expired is left out when it is written, and not before.
const EVER: Timestamp = Timestamp::from_unix_millis(0);

impl Cells {
    /// The cells of a record that begins with its fields at `start` and whose writer's schema has this fingerprint.
    #[inline]
    pub(super) fn open(bytes: Bytes, start: usize, fingerprint: u64, schema: &Schema) -> Result<Self, InvalidRecord> {
        let stored = Self::measured(bytes, start)?;
        match fingerprint == schema.fingerprint && stored.has_layout_of(schema)? {
            true => Ok(stored),
            false => stored.arranged(schema),
        }
    }

    /// The cells of a record that has no bytes yet.
    pub(crate) fn of(schema: &Schema, fields: &[StoredField]) -> Result<Self, InvalidRecord> {
        arrange(fields.iter().map(StoredField::as_ref), schema)
    }

    /// Fields with their names, in their order.
    pub(super) fn listed(fields: &[FieldRef<'_>]) -> Self {
        lay_out(&NAMELESS, &[], fields)
    }

    /// The same fields in the layout of a schema. What is stored is kept beside it.
    pub(super) fn arranged(self, schema: &Schema) -> Result<Self, InvalidRecord> {
        let arranged = arrange(self.refs(), schema)?;
        Ok(arranged.with_stored(self))
    }

    /// Whether a field is where its position in the schema says, and no other field is known by a name.
    fn has_layout_of(&self, schema: &Schema) -> Result<bool, InvalidRecord> {
        for field in self.unnamed_refs() {
            check_name(field.name)?;
            if own_name(schema, field.name, 0).or_else(|| alias(schema, field.name)).is_some() {
                return Ok(false);
            }
        }
        Ok(self.names() == schema.fields.len())
    }
}

fn arrange<'a>(fields: impl Iterator<Item = FieldRef<'a>>, schema: &Schema) -> Result<Cells, InvalidRecord> {
    let mut named: Vec<Option<CellRef<'a>>> = vec![None; schema.fields.len()];
    let (mut aliased, mut unnamed) = (Vec::new(), Vec::new());
    let (mut count, mut next) = (0, 0);
    for field in fields {
        count += 1;
        if let Some(slot) = own_name(schema, field.name, next) {
            named[slot] = Some(field.cell);
            next = slot + 1;
        } else if let Some(slot) = alias(schema, field.name) {
            aliased.push((slot, field.cell));
        } else {
            check_name(field.name)?;
            unnamed.push(field);
        }
    }
    check_count(count)?;
    for (slot, cell) in aliased {
        // Its own name wins, wherever in the record it comes.
        named[slot].get_or_insert(cell);
    }
    Ok(lay_out(schema, &named, &unnamed))
}

fn lay_out(schema: &Schema, named: &[Option<CellRef<'_>>], unnamed: &[FieldRef<'_>]) -> Cells {
    let there = named.iter().enumerate().filter(|(_, cell)| cell.is_some());
    let changes = there.map(|(slot, cell)| (slot, *cell));
    let nothing = Cells::default();
    Fields { stored: &nothing, changes, unnamed: Some(unnamed.iter().copied()), schema, now: EVER }.lay_out(None)
}

/// The field of this name. Records have their fields in the order of the schema, but for those that are empty.
fn own_name(schema: &Schema, name: &[u8], next: usize) -> Option<usize> {
    let is_it = |slot: &usize| schema.fields[*slot].name.as_bytes() == name;
    (next..schema.fields.len()).find(is_it).or_else(|| (0..next).find(is_it))
}

fn alias(schema: &Schema, name: &[u8]) -> Option<usize> {
    schema.fields.iter().position(|field| field.aliases.iter().any(|alias| alias.as_bytes() == name))
}

fn check_name(name: &[u8]) -> Result<(), InvalidRecord> {
    if u16::try_from(name.len()).is_err() {
        return Err(InvalidRecord::TooLarge);
    }
    std::str::from_utf8(name).map(drop).map_err(|_| InvalidRecord::FieldName)
}
