//! Layout: how the fields of a record lie in its bytes, and whether they do.

use std::cmp::Ordering;

use bytes::Bytes;

use super::{Cells, MAX_FIELDS, cells::Shape, decode::InvalidRecord};

/// Bytes of the two numbers of fields.
pub(super) const COUNTS: usize = 4;
/// Bytes of a word of the bitmap, and the fields that it tells of.
pub(super) const WORD: usize = 8;
pub(super) const FIELDS_PER_WORD: usize = 64;
/// Bytes of an entry.
pub(super) const ENTRY: usize = 8;
/// Bytes of an expiry, before the value that expires.
pub(super) const EXPIRY: usize = 8;

/// The flag of an entry whose value begins with its expiry.
pub(super) const EXPIRES: u8 = 0b0001;

/// What a record says of a field before its name and its value.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// Where the value ends, from where the values begin.
    pub(super) end: u32,
    /// How long the name is.
    pub(super) name: u16,
    pub(super) flags: u8,
}

impl Entry {
    pub(super) const fn from_bytes([end @ .., high, low, flags, _]: [u8; ENTRY]) -> Self {
        Self { end: u32::from_be_bytes(end), name: u16::from_be_bytes([high, low]), flags }
    }

    pub(super) fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..4].copy_from_slice(&self.end.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.name.to_be_bytes());
        bytes[6] = self.flags;
        bytes
    }
}

/// How many words the bitmap of so many fields has.
pub(super) const fn words(names: usize) -> usize {
    names.div_ceil(FIELDS_PER_WORD)
}

/// No record is read that has more.
pub(super) const fn check_count(count: usize) -> Result<usize, InvalidRecord> {
    if count > MAX_FIELDS { Err(InvalidRecord::TooLarge) } else { Ok(count) }
}

impl Cells {
    /// Finds the fields of a record that begin at `start`, each where the numbers and lengths before it say.
    #[inline]
    pub(super) fn measured(bytes: Bytes, start: usize) -> Result<Self, InvalidRecord> {
        let rest = bytes.get(start..).ok_or(InvalidRecord::Truncated)?;
        let (&[a, b, c, d], rest) = rest.split_first_chunk::<COUNTS>().ok_or(InvalidRecord::Truncated)?;
        let in_schema = check_count(usize::from(u16::from_be_bytes([a, b])))?;
        let unnamed = check_count(usize::from(u16::from_be_bytes([c, d])))?;
        let (bitmap, rest) = rest.split_at_checked(WORD * words(in_schema)).ok_or(InvalidRecord::Truncated)?;
        let named = count_named(bitmap, in_schema)?;
        let entries = ENTRY * check_count(named + unnamed)?;
        let (entries, rest) = rest.split_at_checked(entries).ok_or(InvalidRecord::Truncated)?;
        let sums = Sums::of(entries)?;
        let values = bytes.len() - rest.len() + sums.names;
        match (values + sums.values).cmp(&bytes.len()) {
            Ordering::Greater => return Err(InvalidRecord::Truncated),
            Ordering::Less => return Err(InvalidRecord::TrailingBytes),
            Ordering::Equal => {}
        }
        let shape = Shape { start, values, names: in_schema, named, unnamed };
        match sums.expires {
            true => Self::new(bytes, &shape, u64::MAX).with_first_expiry().ok_or(InvalidRecord::Truncated),
            false => Ok(Self::new(bytes, &shape, u64::MAX)),
        }
    }
}

/// What the entries of a record come to.
struct Sums {
    names: usize,
    values: usize,
    expires: bool,
}

impl Sums {
    #[inline]
    fn of(entries: &[u8]) -> Result<Self, InvalidRecord> {
        let (mut names, mut end, mut flags, mut overlap, mut reserved) = (0, 0, 0, false, 0);
        for bytes in entries.as_chunks().0 {
            let entry = Entry::from_bytes(*bytes);
            names += usize::from(entry.name);
            flags |= entry.flags;
            overlap |= entry.end < end;
            reserved |= bytes[ENTRY - 1];
            end = entry.end;
        }
        if overlap || reserved != 0 {
            return Err(InvalidRecord::Fields);
        }
        Ok(Self { names, values: end as usize, expires: flags & EXPIRES != 0 })
    }
}

/// How many fields of the schema are there.
#[inline]
fn count_named(bitmap: &[u8], in_schema: usize) -> Result<usize, InvalidRecord> {
    let (mut count, mut last) = (0, 0);
    for word in bitmap.as_chunks::<WORD>().0 {
        last = u64::from_be_bytes(*word);
        count += last.count_ones() as usize;
    }
    match in_schema % FIELDS_PER_WORD {
        0 => Ok(count),
        used if last >> used == 0 => Ok(count),
        _ => Err(InvalidRecord::Fields),
    }
}
