//! Slots: the fields of a session, as stored and as they are now.

use smallvec::SmallVec;

use super::{
    Copied,
    change::{Change, Current, EncodeFailure, Operations},
    operation::Operation,
};
use crate::{
    codec::CodecError,
    record::{Cell, CellRef, Cells, Changed},
    time::Timestamp,
};

/// The fields of one session, by their position in the schema.
#[derive(Default)]
pub(super) struct Slots {
    /// What the store holds, as far as this state knows.
    cells: Cells,
    /// What happened since, as far as anything did; most requests touch one field or none.
    changes: SmallVec<[(usize, Change); 1]>,
}

/// What was done to a field once more, on newer data.
pub(super) struct Redone {
    pub(super) slot: usize,
    pub(super) cell: Option<Cell>,
    pub(super) operations: Operations,
    pub(super) failure: Option<CodecError>,
}

impl Slots {
    pub(super) fn stored_as(cells: Cells) -> Self {
        Self { cells, changes: SmallVec::new() }
    }

    pub(super) const fn cells(&self) -> &Cells {
        &self.cells
    }

    pub(super) fn stored(&self, slot: usize) -> Option<CellRef<'_>> {
        self.cells.get(slot)
    }

    /// What handlers see.
    pub(super) fn current(&self, slot: usize) -> Option<CellRef<'_>> {
        match self.change(slot).map(|change| &change.current) {
            Some(Current::Changed(cell)) => cell.as_ref().map(Cell::as_ref),
            Some(Current::AsStored) | None => self.cells.get(slot),
        }
    }

    /// The same, to be kept.
    fn current_cell(&self, slot: usize) -> Option<Cell> {
        match self.change(slot).map(|change| &change.current) {
            Some(Current::Changed(cell)) => cell.clone(),
            Some(Current::AsStored) | None => self.cells.cell(slot),
        }
    }

    /// The value that handlers see, to be read without the lock; an expired one is absent.
    pub(super) fn copied(&self, slot: usize, now: impl Fn() -> Timestamp) -> Option<Copied> {
        let cell = self.current(slot)?;
        let is_live = cell.expires.is_none() || cell.is_live(now());
        is_live.then(|| Copied::short(cell.value).or_else(|| Some(Copied::Shared(self.current_cell(slot)?.value))))?
    }

    /// The value that handlers see; an expired one is absent.
    pub(super) fn live(&self, slot: usize, now: impl Fn() -> Timestamp) -> Option<Cell> {
        self.current_cell(slot).filter(|cell| cell.expires.is_none() || cell.is_live(now()))
    }

    pub(super) fn change(&self, slot: usize) -> Option<&Change> {
        if self.changes.is_empty() {
            return None;
        }
        self.find(slot).ok().map(|position| &self.changes[position].1)
    }

    pub(super) fn change_mut(&mut self, slot: usize) -> &mut Change {
        let position = self.find(slot).unwrap_or_else(|position| {
            self.changes.insert(position, (slot, Change::default()));
            position
        });
        &mut self.changes[position].1
    }

    fn find(&self, slot: usize) -> Result<usize, usize> {
        self.changes.binary_search_by_key(&slot, |(slot, _)| *slot)
    }

    /// The fields that anything happened to.
    pub(super) fn touched(&self) -> impl Iterator<Item = (usize, &Change)> {
        self.changes.iter().map(|(slot, change)| (*slot, change))
    }

    pub(super) fn touched_mut(&mut self) -> impl Iterator<Item = (usize, &mut Change)> {
        self.changes.iter_mut().map(|(slot, change)| (*slot, change))
    }

    /// The fields that saving would change.
    pub(super) fn changed(&self) -> impl Iterator<Item = usize> {
        self.touched().filter(|(slot, change)| self.is_changed(*slot, change)).map(|(slot, _)| slot)
    }

    fn is_changed(&self, slot: usize, change: &Change) -> bool {
        match &change.current {
            Current::Changed(cell) => {
                !change.operations.is_empty() && cell.as_ref().map(Cell::as_ref) != self.cells.get(slot)
            }
            Current::AsStored => false,
        }
    }

    /// The fields whose operations leave them as they are stored, but for those that match: they are no changes.
    pub(super) fn take_ineffective(&mut self, matters: impl Fn(usize, &Change) -> bool) -> SmallVec<[Operations; 1]> {
        let has_no_effect = |(slot, change): &(usize, &Change)| {
            !change.operations.is_empty() && !self.is_changed(*slot, change) && !matters(*slot, change)
        };
        let ineffective: SmallVec<[usize; 1]> = self.touched().filter(has_no_effect).map(|(slot, _)| slot).collect();
        let take = |slot| {
            let change = self.change_mut(slot);
            change.current = Current::AsStored;
            std::mem::take(&mut change.operations)
        };
        ineffective.into_iter().map(take).collect()
    }

    /// The operations that are not under way into the store.
    pub(super) fn take_operations(&mut self) -> SmallVec<[(usize, Operations); 1]> {
        let due = self.touched_mut().filter(|(_, change)| !change.operations.is_empty());
        due.map(|(slot, change)| (slot, std::mem::take(&mut change.operations))).collect()
    }

    /// Takes out every operation, without the field that it was done to.
    pub(super) fn take_each_operation(&mut self) -> SmallVec<[Operations; 1]> {
        self.changes.iter_mut().map(|(_, change)| std::mem::take(&mut change.operations)).collect()
    }

    /// What handlers see of the fields that have changed.
    pub(super) fn draft(&self) -> Changed {
        let changed = self.touched().filter_map(|(slot, change)| match &change.current {
            Current::Changed(cell) => Some((slot, cell.clone())),
            Current::AsStored => None,
        });
        changed.collect()
    }

    /// Goes back to what is stored. What is returned is to be dropped without the lock.
    #[must_use]
    pub(super) fn discard(&mut self) -> SmallVec<[(usize, Change); 1]> {
        std::mem::take(&mut self.changes)
    }

    pub(super) fn is_untouched(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changed fields with what they are changed to, in the order of the schema.
    pub(super) fn changes(&self) -> impl Iterator<Item = (usize, Option<CellRef<'_>>)> + Clone {
        self.changes.iter().filter_map(|(slot, change)| match &change.current {
            Current::Changed(cell) => Some((*slot, cell.as_ref().map(Cell::as_ref))),
            Current::AsStored => None,
        })
    }

    pub(super) fn set_cells(&mut self, cells: Cells) {
        self.cells = cells;
    }

    /// Goes on from what is stored, which is all that was changed. What is returned is to be dropped without the lock.
    #[must_use]
    pub(super) fn settle(&mut self) -> SmallVec<[Operations; 1]> {
        let settled = self.changes.iter_mut().map(|(_, change)| {
            change.current = Current::AsStored;
            std::mem::take(&mut change.operations)
        });
        let settled = settled.collect();
        self.changes.retain(|(_, change)| !change.is_over());
        settled
    }

    /// Goes on from newer data.
    pub(super) fn rebase(&mut self, cells: Cells, redone: Vec<Redone>) {
        self.cells = cells;
        for (_, change) in &mut self.changes {
            change.current = Current::AsStored;
        }
        for Redone { slot, cell, operations, failure } in redone {
            let change = self.change_mut(slot);
            change.current = Current::Changed(cell);
            change.operations = operations;
            if failure.is_some() {
                change.failure = Some(Box::new(EncodeFailure(failure)));
            }
        }
        self.changes.retain(|(_, change)| !change.is_over());
    }

    /// Records an operation whose result is already known; what it made obsolete is to be dropped without the lock.
    #[must_use]
    pub(super) fn record(&mut self, slot: usize, operation: Operation, result: Option<Cell>) -> Operations {
        self.change_mut(slot).record(operation, result)
    }
}
