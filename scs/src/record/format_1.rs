//! Format 1, which is read for ever and no longer written: every field with its name, one after the other.

use std::time::Duration;

use bytes::{Buf, TryGetError};

use super::{
    CellRef, Cells, FieldRef, Header, Record,
    decode::InvalidRecord,
    header::{OtherSecret, SecretKind, unless_zero},
    layout::check_count,
};
use crate::{
    schema::{Schema, SchemaTag},
    time::Timestamp,
    token::SecretHash,
};

pub(super) const FORMAT: u8 = 1;

const REMEMBERED: u8 = 0b0001;
const AUTHENTICATED: u8 = 0b0010;
const PREVIOUS_SECRET: u8 = 0b0100;

/// Reads a record of a schema; `None` if it is another schema's.
pub(super) fn decode(mut bytes: &[u8], schema: &Schema, tag: SchemaTag) -> Result<Option<Record>, InvalidRecord> {
    let header = header(&mut bytes)?;
    if header.schema != tag {
        return Ok(None);
    }
    let count = check_count(usize::from(bytes.try_get_u16()?))?;
    let fields = (0..count).map(|_| field(&mut bytes)).collect::<Result<Vec<_>, _>>()?;
    if !bytes.is_empty() {
        return Err(InvalidRecord::TrailingBytes);
    }
    Ok(Some(Record { header, cells: Cells::listed(&fields).arranged(schema)? }))
}

fn header(bytes: &mut &[u8]) -> Result<Header, InvalidRecord> {
    bytes.try_get_u8()?;
    let flags = bytes.try_get_u8()?;
    if flags & !(REMEMBERED | AUTHENTICATED | PREVIOUS_SECRET) != 0 {
        return Err(InvalidRecord::Flags);
    }
    let mut header = Header {
        schema: SchemaTag(array(bytes)?),
        version: bytes.try_get_u32()?,
        created: time(bytes)?,
        written: time(bytes)?,
        renewed: time(bytes)?,
        deadline: time(bytes)?,
        idle: Duration::from_millis(bytes.try_get_u64()?),
        remembered: flags & REMEMBERED != 0,
        secret: SecretHash(array(bytes)?),
        authenticated: if flags & AUTHENTICATED != 0 { Some(time(bytes)?) } else { None },
        presented: None,
        others: None,
    };
    if flags & PREVIOUS_SECRET != 0 {
        let at = unless_zero(bytes.try_get_u64()?);
        header.add_other(OtherSecret { kind: SecretKind::Former, at, hash: SecretHash(array(bytes)?) });
        header.take_back_former();
    }
    Ok(header)
}

fn field<'a>(bytes: &mut &'a [u8]) -> Result<FieldRef<'a>, InvalidRecord> {
    let name_length = usize::from(bytes.try_get_u16()?);
    let name = take(bytes, name_length)?;
    let expires = unless_zero(bytes.try_get_u64()?);
    let value_length = usize::try_from(bytes.try_get_u32()?).map_err(|_| InvalidRecord::TooLarge)?;
    Ok(FieldRef { name, cell: CellRef { value: take(bytes, value_length)?, expires }, flags: 0 })
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], InvalidRecord> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(InvalidRecord::Truncated)?;
    *bytes = rest;
    Ok(taken)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], InvalidRecord> {
    let mut array = [0; N];
    bytes.try_copy_to_slice(&mut array)?;
    Ok(array)
}

fn time(bytes: &mut &[u8]) -> Result<Timestamp, InvalidRecord> {
    Ok(Timestamp::from_unix_millis(bytes.try_get_u64()?))
}

impl From<TryGetError> for InvalidRecord {
    fn from(_: TryGetError) -> Self {
        Self::Truncated
    }
}
