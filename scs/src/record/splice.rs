//! Splicing: a record in which one field has changed, or only the header, is mostly the record that was.

use super::{
    CellRef, Cells, FieldRef, Header,
    cells::Shape,
    encode::{Fields, expiry, flag, low_half, put_cell, size},
    layout::{ENTRY, Entry},
};

impl<'a, C, U> Fields<'a, C, U>
where
    C: Iterator<Item = (usize, Option<CellRef<'a>>)> + Clone,
    U: Iterator<Item = FieldRef<'a>> + Clone,
{
    /// The same as [`lay_out`](Self::lay_out) where at most one value is replaced by another and the rest stays;
    /// `None` where it takes more.
    #[inline]
    pub(super) fn splice(&self, header: &Header) -> Option<Cells> {
        let stays = self.unnamed.is_none()
            && self.stored.are_live(self.now)
            && self.stored.names() == self.schema.fields.len()
            && !self.stored.bytes().is_empty();
        let mut changes = self.changes.clone();
        match (stays, changes.next(), changes.next()) {
            (true, None, _) => Some(self.copy(header)),
            (true, Some((slot, Some(cell))), None) if cell.is_live(self.now) => {
                let position = self.stored.position(slot).ok()?;
                Some(self.replace(position, cell, self.schema.fields[slot].flags(), header))
            }
            _ => None,
        }
    }

    /// The fields as they are.
    fn copy(&self, header: &Header) -> Cells {
        let fields = &self.stored.bytes()[self.stored.start()..];
        let mut bytes = Vec::with_capacity(header.size() + fields.len());
        header.encode(self.schema.fingerprint, &mut bytes);
        bytes.extend_from_slice(fields);
        self.moved(bytes, header, self.stored.first_expiry())
    }

    /// The fields with another value at a position.
    #[inline]
    fn replace(&self, position: usize, cell: CellRef<'_>, flags: u8, header: &Header) -> Cells {
        let (stored, old) = (self.stored, self.stored.span(position..position + 1));
        let (all, grown) = (stored.bytes(), size(cell).wrapping_sub(old.len()));
        let start = header.size();
        let mut bytes = Vec::with_capacity((start + all.len() - stored.start()).wrapping_add(grown));
        header.encode(self.schema.fingerprint, &mut bytes);
        if grown == 0 {
            bytes.extend_from_slice(&all[stored.start()..]);
        } else {
            bytes.extend_from_slice(&all[stored.start()..old.start]);
            bytes.resize(bytes.len() + size(cell), 0);
            bytes.extend_from_slice(&all[old.end..]);
        }
        put_cell(&mut bytes, start + old.start - stored.start(), cell);
        let entries = &mut bytes[start + stored.entries_start() - stored.start()..][..ENTRY * stored.count()];
        let (entries, _) = entries.as_chunks_mut();
        let entries = &mut entries[position..];
        let name = Entry::from_bytes(entries[0]).name;
        if grown != 0 {
            for bytes in &mut *entries {
                let entry = Entry::from_bytes(*bytes);
                *bytes = Entry { end: low_half((entry.end as usize).wrapping_add(grown)), ..entry }.to_bytes();
            }
        }
        let end = Entry::from_bytes(entries[0]).end;
        entries[0] = Entry { end, name, flags: flags | flag(cell) }.to_bytes();
        self.moved(bytes, header, stored.first_expiry().min(expiry(cell)))
    }

    /// The cells of bytes that have as many fields and names as those that are stored.
    fn moved(&self, bytes: Vec<u8>, header: &Header, first_expiry: u64) -> Cells {
        let start = header.size();
        let shape = Shape {
            start,
            values: start + self.stored.values_start() - self.stored.start(),
            names: self.stored.names(),
            named: self.stored.named(),
            unnamed: self.stored.count() - self.stored.named(),
        };
        Cells::new(bytes.into(), &shape, first_expiry)
    }
}
