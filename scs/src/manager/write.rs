//! Writes: the entry of a record for the store, with its index terms.

use std::time::Duration;

use super::engine::Engine;
use crate::{
    error::SessionError,
    record::{self, CellRef, Cells, Draft, Header, StoredField},
    state::Base,
    store::Entry,
    time::Timestamp,
};

/// A record that is written, and what is known of it when it is stored.
pub(super) struct Write {
    pub(super) entry: Entry,
    pub(super) header: Header,
    pub(super) cells: Cells,
}

impl Write {
    /// What the store holds now that it took the entry.
    pub(super) fn done(self, now: Timestamp) -> (Base, Cells) {
        let Self { entry, header, cells } = self;
        (Base { header, revision: entry.revision(), expires: now + entry.ttl() }, cells)
    }
}

/// What a write replaces.
#[derive(Clone, Copy)]
pub(super) struct Former<'a> {
    /// `None` if nothing is stored.
    pub(super) header: Option<&'a Header>,
    pub(super) cells: &'a Cells,
}

impl Engine {
    /// The record of a draft under this header. `former`: the header of what is stored, if anything is.
    pub(super) fn write_draft(
        &self,
        draft: &Draft,
        header: Header,
        former: Option<&Header>,
        now: Timestamp,
    ) -> Result<Write, SessionError> {
        let former = Former { header: former, cells: &draft.stored };
        let (entry, cells) = self.entry(former, &draft.changes(), draft.unnamed(), &header, now)?;
        Ok(Write { entry, header, cells })
    }

    /// The record under this header, on its way into the store, and the fields in it. `changes`: the changed fields, in
    /// the order of the schema. `unnamed`: the fields that the schema does not name, if they change.
    pub(super) fn entry<'a>(
        &self,
        former: Former<'a>,
        changes: &(impl Iterator<Item = (usize, Option<CellRef<'a>>)> + Clone),
        unnamed: Option<&'a [StoredField]>,
        header: &Header,
        now: Timestamp,
    ) -> Result<(Entry, Cells), SessionError> {
        let (payload, cells) = record::encode(former.cells, changes.clone(), unnamed, self.schema, header, now);
        let (count, limit) = (cells.count(), record::MAX_FIELDS);
        if count > limit {
            return Err(SessionError::TooManyFields { count, limit });
        }
        let (size, limit) = (payload.len(), self.policy.max_record_size);
        if size > limit {
            return Err(SessionError::TooLarge { size, limit });
        }
        let ttl = self.policy.expiry(header, now).since(now).max(Duration::from_millis(1));
        let mut entry = Entry::lasting(payload, ttl, header.deadline.since(now));
        if self.schema.indexes {
            let is_posted = former.header.is_some_and(|former| former.deadline >= header.deadline);
            entry = self.place(entry, former.cells, changes, is_posted, now);
        }
        if former.header.is_some_and(|former| header.takes_away(former)) {
            entry = entry.with_full_durability();
        }
        entry.note_authentication(header.authenticated.is_some());
        Ok((entry, cells))
    }

    /// The entry with the terms of the fields. `is_posted`: those that were stored are in the index for as long
    /// as the entry can live, at least.
    fn place<'a>(
        &self,
        entry: Entry,
        stored: &'a Cells,
        changes: &(impl Iterator<Item = (usize, Option<CellRef<'a>>)> + Clone),
        is_posted: bool,
        now: Timestamp,
    ) -> Entry {
        // What another version wrote may lack the names that this one knows.
        let (mut terms, mut dropped, mut moves) = (Vec::new(), Vec::new(), !is_posted || stored.has_other_layout());
        for slot in self.schema.indexed() {
            let field = &self.schema.fields[slot];
            let under_each_name = |cell: CellRef<'a>| field.names().map(move |name| self.tag.term(name, cell.value));
            let stored = stored.get(slot);
            let change = changes.clone().find(|(changed, _)| *changed == slot);
            let kept = change.map_or(stored, |(_, cell)| cell).filter(|cell| cell.is_live(now));
            let stays = stored.is_some() && stored.map(|cell| cell.value) == kept.map(|cell| cell.value);
            moves |= !stays && (kept.is_some() || stored.is_some());
            terms.extend(kept.into_iter().flat_map(under_each_name));
            // A value that has expired leaves its terms behind until now.
            dropped.extend(stored.filter(|_| !stays).into_iter().flat_map(under_each_name));
        }
        dropped.retain(|term| !terms.contains(term));
        match moves || !dropped.is_empty() {
            true => entry.with_terms(terms, dropped),
            false => entry.with_unchanged_terms(terms),
        }
    }
}
