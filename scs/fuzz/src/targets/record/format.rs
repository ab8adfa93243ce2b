//! Records by docs/format.md alone, with no code of the framework.

use std::{fmt, ops::Range};

use super::super::one_record::NOW;

/// What every header has, and what two flags add.
const HEADER: usize = 1 + 1 + 8 + 4 + 5 * 8 + 32;
const AUTHENTICATED: (u8, usize) = (0b010, 8);
const PREVIOUS_SECRET: (u8, usize) = (0b100, 8 + 32);

/// A record in its parts.
pub(super) struct Plain<'a> {
    pub(super) header: &'a [u8],
    pub(super) fields: Vec<Field<'a>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    pub(super) expires: u64,
    pub(super) value: &'a [u8],
}

impl<'a> Plain<'a> {
    pub(super) fn read(record: &'a [u8]) -> Option<Self> {
        let flags = *record.get(1)?;
        let more = [AUTHENTICATED, PREVIOUS_SECRET].iter().filter(|(flag, _)| flags & flag != 0);
        let length = HEADER + more.map(|(_, bytes)| bytes).sum::<usize>();
        let (header, mut rest) = record.split_at_checked(length)?;
        let count = number(take(&mut rest, 2)?);
        let fields = (0..count).map(|_| Field::read(&mut rest)).collect::<Option<_>>()?;
        rest.is_empty().then_some(Self { header, fields })
    }

    /// The header, with zeros where the writer says something of itself.
    pub(super) fn header_without(&self, ranges: &[Range<usize>]) -> Vec<u8> {
        let mut header = self.header.to_vec();
        for range in ranges {
            header[range.clone()].fill(0);
        }
        header
    }
}

impl<'a> Field<'a> {
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        let length = number(take(bytes, 2)?);
        let name = take(bytes, length)?;
        let expires = number(take(bytes, 8)?);
        let length = number(take(bytes, 4)?);
        Some(Self { name, expires, value: take(bytes, length)? })
    }

    pub(super) fn is_live(&self) -> bool {
        self.expires == 0 || self.expires > NOW.as_unix_millis()
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, expires, value } = self;
        write!(f, "{} until {expires}: {value:x?}", name.escape_ascii())
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: impl TryInto<usize>) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length.try_into().ok()?)?;
    *bytes = rest;
    Some(taken)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
