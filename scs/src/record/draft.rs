//! Drafts: a record that is about to be written.

use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    Cell, CellRef, Cells, Header, StoredField,
    cells::nowhere,
    encode::{Encoder, Source},
};
use crate::{schema::Schema, time::Timestamp};

/// Fields by position with what they are changed to, mostly one.
pub(crate) type Changed = SmallVec<[(usize, Option<Cell>); 1]>;

/// What is stored of a session, with what is to be stored instead.
pub(crate) struct Draft {
    pub(crate) stored: Cells,
    /// By position; the last one counts.
    changed: Changed,
    /// The fields that the schema does not name, as they are to be.
    pub(crate) unknown: Vec<StoredField>,
}

impl Draft {
    pub(crate) const fn new(stored: Cells, changed: Changed, unknown: Vec<StoredField>) -> Self {
        Self { stored, changed, unknown }
    }

    /// What is stored, as it is.
    pub(crate) fn unchanged(stored: Cells) -> Self {
        let unknown = stored.unknown.clone();
        Self::new(stored, Changed::new(), unknown)
    }

    pub(crate) fn set(&mut self, slot: usize, cell: Option<Cell>) {
        self.changed.push((slot, cell));
    }

    /// The field as it is to be.
    pub(crate) fn get(&self, slot: usize) -> Option<CellRef<'_>> {
        self.change(slot).unwrap_or_else(|| self.stored.get(slot))
    }

    /// What the field is changed to, if it is.
    pub(crate) fn change(&self, slot: usize) -> Option<Option<CellRef<'_>>> {
        let changed = self.changed.iter().rev().find(|(changed, _)| *changed == slot);
        changed.map(|(_, cell)| cell.as_ref().map(Cell::as_ref))
    }
}

/// The bytes of a record under this header, and its fields in them; values that have expired are left out. `change`: what
/// the field of a slot is changed to, if it is.
pub(crate) fn encode<'a>(
    stored: &'a Cells,
    change: impl Fn(usize) -> Option<Option<CellRef<'a>>>,
    unknown: &[StoredField],
    schema: &'static Schema,
    header: &Header,
    now: Timestamp,
) -> (Bytes, Cells) {
    let source = |slot: usize, name: &'static str| match change(slot) {
        // What is stored and stays is copied as a whole.
        None => match stored.whole(slot) {
            Some((place, whole)) => Some(Source::Stored(place, whole)),
            None => Some(Source::Cell(name.as_bytes(), stored.get(slot)?)),
        },
        Some(changed) => Some(Source::Cell(name.as_bytes(), changed?)),
    };
    let known = schema
        .fields
        .iter()
        .enumerate()
        .filter_map(|(slot, field)| Some((slot, source(slot, field.name).filter(|source| source.is_live(now))?)));
    let unknown = unknown.iter().filter(|field| field.cell.is_live(now));
    let others = unknown.clone().map(|field| Source::Cell(&field.name, field.cell.as_ref()));
    let sizes = known.clone().map(|(_, source)| source).chain(others.clone()).map(|source| source.size());
    let (count, size) = sizes.fold((0, 0), |(count, size), field| (count + 1, size + field));

    let mut encoder = Encoder::new(header, count, size);
    let mut known_places = nowhere(schema);
    let places = Arc::make_mut(&mut known_places);
    for (slot, source) in known {
        places[slot] = encoder.field(source);
    }
    for source in others {
        let _ = encoder.field(source);
    }
    let (bytes, start) = encoder.finish();
    (bytes.clone(), Cells::written(bytes, start, known_places, unknown.cloned().collect()))
}
