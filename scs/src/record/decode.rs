use std::{num::NonZeroU32, time::Duration};

use bytes::{Buf, Bytes};

use super::{
    AUTHENTICATED, Cells, FORMAT, Header, MAX_BYTES, PREVIOUS_SECRET, PreviousSecret, REMEMBERED, Record,
    cells::{FieldRef, Place, check_count, position},
};
use crate::{
    schema::{Schema, SchemaTag},
    time::Timestamp,
    token::SecretHash,
};

/// The bytes are not a record that this version can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidRecord {
    #[error("the record has format {0}, which a newer version wrote")]
    Format(u8),
    #[error("the record ends too early")]
    Truncated,
    #[error("the record goes on after its last field")]
    TrailingBytes,
    #[error("the record has flags that a newer version wrote")]
    Flags,
    #[error("the record is larger than any that is written")]
    TooLarge,
    #[error("a field name in the record is not UTF-8")]
    FieldName,
}

impl Record {
    /// Reads a record of a schema; `None` if it is another schema's. The fields share the memory of `bytes`.
    pub(crate) fn decode(bytes: Bytes, schema: &Schema, tag: SchemaTag) -> Result<Option<Self>, InvalidRecord> {
        if bytes.len() > MAX_BYTES {
            return Err(InvalidRecord::TooLarge);
        }
        let mut rest = &bytes[..];
        let header = Header::decode(&mut rest)?;
        if header.schema != tag {
            return Ok(None);
        }
        let start = bytes.len() - rest.len();
        Ok(Some(Self { header, cells: Cells::read(bytes, start, schema)? }))
    }
}

impl Header {
    fn decode(bytes: &mut &[u8]) -> Result<Self, InvalidRecord> {
        let format = bytes.try_get_u8()?;
        if format != FORMAT {
            return Err(InvalidRecord::Format(format));
        }
        let flags = bytes.try_get_u8()?;
        if flags & !(REMEMBERED | AUTHENTICATED | PREVIOUS_SECRET) != 0 {
            return Err(InvalidRecord::Flags);
        }
        Ok(Self {
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
            previous_secret: if flags & PREVIOUS_SECRET != 0 { Some(PreviousSecret::decode(bytes)?) } else { None },
        })
    }
}

impl PreviousSecret {
    fn decode(bytes: &mut &[u8]) -> Result<Self, InvalidRecord> {
        let expires = Some(time(bytes)?).filter(|expires| expires.as_unix_millis() != 0);
        Ok(Self { expires, hash: SecretHash(array(bytes)?) })
    }
}

/// Reads the fields of a record one after the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// How many fields follow.
    pub(super) fn count(&mut self) -> Result<usize, InvalidRecord> {
        check_count(usize::from(u16::from_be_bytes(self.array()?)))
    }

    pub(super) fn field(&mut self) -> Result<FieldRef<'a>, InvalidRecord> {
        let field = self.position();
        let name_length = usize::from(u16::from_be_bytes(self.array()?));
        let name = self.take(name_length)?;
        let expires = u64::from_be_bytes(self.array()?);
        let value_length = usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| InvalidRecord::TooLarge)?;
        let value = self.position();
        self.take(value_length)?;
        let end = NonZeroU32::new(self.position()).ok_or(InvalidRecord::Truncated)?;
        Ok(FieldRef { name, place: Place { field, value, end, expires } })
    }

    pub(super) const fn end(self) -> Result<(), InvalidRecord> {
        if self.position == self.bytes.len() { Ok(()) } else { Err(InvalidRecord::TrailingBytes) }
    }

    fn position(&self) -> u32 {
        position(self.position)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], InvalidRecord> {
        let (taken, _) = self.bytes[self.position..].split_at_checked(length).ok_or(InvalidRecord::Truncated)?;
        self.position += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], InvalidRecord> {
        let array = self.bytes[self.position..].first_chunk().ok_or(InvalidRecord::Truncated)?;
        self.position += N;
        Ok(*array)
    }
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], InvalidRecord> {
    let mut array = [0; N];
    bytes.try_copy_to_slice(&mut array)?;
    Ok(array)
}

fn time(bytes: &mut &[u8]) -> Result<Timestamp, InvalidRecord> {
    Ok(Timestamp::from_unix_millis(bytes.try_get_u64()?))
}

impl From<bytes::TryGetError> for InvalidRecord {
    fn from(_: bytes::TryGetError) -> Self {
        Self::Truncated
    }
}
