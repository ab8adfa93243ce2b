//! Drafts: a record that is about to be written.

use smallvec::SmallVec;

use super::{Cell, CellRef, Cells, StoredField};

/// Fields by position with what they are changed to, in the order of the schema; mostly one.
pub(crate) type Changed = SmallVec<[(usize, Option<Cell>); 1]>;

/// What is stored of a session, with what is to be stored instead.
pub(crate) struct Draft {
    pub(crate) stored: Cells,
    changed: Changed,
    /// The fields that the schema does not name, as they are to be; `None` for as they are.
    unnamed: Option<Vec<StoredField>>,
}

impl Draft {
    pub(crate) const fn new(stored: Cells, changed: Changed, unnamed: Option<Vec<StoredField>>) -> Self {
        Self { stored, changed, unnamed }
    }

    /// What is stored, as it is.
    pub(crate) fn unchanged(stored: Cells) -> Self {
        Self::new(stored, Changed::new(), None)
    }

    pub(crate) fn set(&mut self, slot: usize, cell: Option<Cell>) {
        match self.find(slot) {
            Ok(position) => self.changed[position].1 = cell,
            Err(position) => self.changed.insert(position, (slot, cell)),
        }
    }

    /// The field as it is to be.
    pub(crate) fn get(&self, slot: usize) -> Option<CellRef<'_>> {
        match self.find(slot) {
            Ok(position) => self.changed[position].1.as_ref().map(Cell::as_ref),
            Err(_) => self.stored.get(slot),
        }
    }

    fn find(&self, slot: usize) -> Result<usize, usize> {
        self.changed.binary_search_by_key(&slot, |(slot, _)| *slot)
    }

    /// The changed fields with what they are changed to, in the order of the schema.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (usize, Option<CellRef<'_>>)> + Clone {
        self.changed.iter().map(|(slot, cell)| (*slot, cell.as_ref().map(Cell::as_ref)))
    }

    /// The fields that the schema does not name, if they change.
    pub(crate) fn unnamed(&self) -> Option<&[StoredField]> {
        self.unnamed.as_deref()
    }
}
