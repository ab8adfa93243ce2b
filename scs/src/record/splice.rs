//! Splicing: a record in which values are replaced by others is mostly the record that was.

use std::ops::Range;

use super::{
    CellRef, Cells, FieldRef, Header,
    cells::Shape,
    encode::{Fields, expiry, flag, low_half, put_cell, size},
    layout::{ENTRY, Entry},
    payload::{Buffer, share},
};

/// What replacing values comes to.
#[derive(Clone, Copy)]
struct Replaced {
    /// How many bytes the record grows by, wrapping where it shrinks.
    grown: usize,
    /// Whether each value is as long as the one before.
    in_place: bool,
    first_expiry: u64,
}

impl<'a, C, U> Fields<'a, C, U>
where
    C: Iterator<Item = (usize, Option<CellRef<'a>>)> + Clone,
    U: Iterator<Item = FieldRef<'a>> + Clone,
{
    /// The same as [`lay_out`](Self::lay_out) where values are replaced by others at most, and the rest stays; `None`
    /// where it takes more.
    #[inline]
    pub(super) fn splice(&self, header: &Header) -> Option<Cells> {
        let stored = self.stored;
        let stays = self.unnamed.is_none() && stored.are_live(self.now);
        let has_layout = stored.names() == self.schema.fields.len() && !stored.bytes().is_empty();
        let replaced = if stays && has_layout { self.replaced()? } else { return None };

        let start = header.size();
        let fields = stored.bytes().len() - stored.start();
        let mut bytes = Buffer::with_capacity((start + fields).wrapping_add(replaced.grown));
        header.encode(self.schema.fingerprint, &mut bytes);
        match replaced.in_place {
            true => self.overwrite(start, &mut bytes),
            false => self.insert(start, &mut bytes),
        }
        let shape = Shape {
            start,
            values: start + stored.values_start() - stored.start(),
            names: stored.names(),
            named: stored.named(),
            unnamed: stored.count() - stored.named(),
        };
        Some(Cells::new(share(&mut bytes), &shape, replaced.first_expiry))
    }

    /// `None` if a field comes or goes.
    #[inline]
    fn replaced(&self) -> Option<Replaced> {
        let mut replaced = Replaced { grown: 0, in_place: true, first_expiry: self.stored.first_expiry() };
        for (slot, cell) in self.changes.clone() {
            let cell = cell.filter(|cell| cell.is_live(self.now))?;
            let position = self.stored.position(slot).ok()?;
            let grown = size(cell).wrapping_sub(self.stored.span(position..position + 1).len());
            replaced.grown = replaced.grown.wrapping_add(grown);
            replaced.in_place &= grown == 0;
            replaced.first_expiry = replaced.first_expiry.min(expiry(cell));
        }
        Some(replaced)
    }

    /// Each change as it replaces a value: where that is, and the flags of its field.
    fn replacements(&self) -> impl Iterator<Item = (usize, CellRef<'a>, u8)> {
        self.changes.clone().filter_map(|(slot, cell)| {
            let cell = cell?;
            Some((self.stored.position(slot).ok()?, cell, self.schema.fields[slot].flags() | flag(cell)))
        })
    }

    /// One copy, and the values over it.
    fn overwrite(&self, start: usize, bytes: &mut Buffer) {
        let moved = start.wrapping_sub(self.stored.start());
        bytes.extend_from_slice(&self.stored.bytes()[self.stored.start()..]);
        for (position, cell, flags) in self.replacements() {
            let value = self.stored.span(position..position + 1).start;
            put_cell(bytes, value.wrapping_add(moved), cell);
            let entries = self.entries_of(bytes, start);
            entries[position] = Entry { flags, ..Entry::from_bytes(entries[position]) }.to_bytes();
        }
    }

    /// What lies before, between and behind the values is copied, and every value moves with those before it.
    fn insert(&self, start: usize, bytes: &mut Buffer) {
        let (stored, all) = (self.stored, self.stored.bytes());
        bytes.extend_from_slice(&all[stored.start()..stored.values_start()]);
        let (mut next, mut copied, mut grown) = (0, stored.values_start(), 0_usize);
        for (position, cell, flags) in self.replacements() {
            let old = stored.span(position..position + 1);
            bytes.extend_from_slice(&all[copied..old.start]);
            let value = bytes.len();
            bytes.resize(value + size(cell), 0);
            put_cell(bytes, value, cell);
            let entries = self.entries_of(bytes, start);
            shift(entries, next..position, grown);
            grown = grown.wrapping_add(size(cell)).wrapping_sub(old.len());
            shift(entries, position..position + 1, grown);
            entries[position] = Entry { flags, ..Entry::from_bytes(entries[position]) }.to_bytes();
            (next, copied) = (position + 1, old.end);
        }
        bytes.extend_from_slice(&all[copied..]);
        shift(self.entries_of(bytes, start), next..stored.count(), grown);
    }

    fn entries_of<'b>(&self, bytes: &'b mut [u8], start: usize) -> &'b mut [[u8; ENTRY]] {
        let entries = start + self.stored.entries_start() - self.stored.start();
        bytes[entries..][..ENTRY * self.stored.count()].as_chunks_mut().0
    }
}

/// Moves the ends of these values.
#[inline]
fn shift(entries: &mut [[u8; ENTRY]], positions: Range<usize>, by: usize) {
    if by != 0 {
        for bytes in &mut entries[positions] {
            let entry = Entry::from_bytes(*bytes);
            *bytes = Entry { end: entry.end.wrapping_add(low_half(by)), ..entry }.to_bytes();
        }
    }
}
