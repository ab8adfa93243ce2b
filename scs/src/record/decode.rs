use std::time::Duration;

use bytes::{Buf, Bytes};

use super::{
    AUTHENTICATED, Cell, FORMAT, Header, MAX_BYTES, MAX_FIELDS, PREVIOUS_SECRET, PreviousSecret, REMEMBERED, Record,
    StoredField,
};
use crate::{schema::SchemaTag, time::Timestamp, token::SecretHash};

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
    /// Reads a record. The fields' values share the memory of `bytes`.
    pub(crate) fn decode(mut bytes: Bytes) -> Result<Self, InvalidRecord> {
        if bytes.len() > MAX_BYTES {
            return Err(InvalidRecord::TooLarge);
        }
        let header = Header::decode(&mut bytes)?;
        let fields = decode_fields(&mut bytes)?;
        match bytes.is_empty() {
            true => Ok(Self { header, fields }),
            false => Err(InvalidRecord::TrailingBytes),
        }
    }
}

impl Header {
    fn decode(bytes: &mut Bytes) -> Result<Self, InvalidRecord> {
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
    fn decode(bytes: &mut Bytes) -> Result<Self, InvalidRecord> {
        Ok(Self { expires: expiry(bytes)?, hash: SecretHash(array(bytes)?) })
    }
}

fn decode_fields(bytes: &mut Bytes) -> Result<Vec<StoredField>, InvalidRecord> {
    let count = usize::from(bytes.try_get_u16()?);
    if count > MAX_FIELDS {
        return Err(InvalidRecord::TooLarge);
    }
    (0..count).map(|_| decode_field(bytes)).collect()
}

fn decode_field(bytes: &mut Bytes) -> Result<StoredField, InvalidRecord> {
    let name_length = usize::from(bytes.try_get_u16()?);
    let name = take(bytes, name_length)?;
    std::str::from_utf8(&name).map_err(|_| InvalidRecord::FieldName)?;
    let expires = expiry(bytes)?;
    let value_length = usize::try_from(bytes.try_get_u32()?).map_err(|_| InvalidRecord::TooLarge)?;
    let value = take(bytes, value_length)?;
    Ok(StoredField { name, cell: Cell { value, expires } })
}

fn take(bytes: &mut Bytes, length: usize) -> Result<Bytes, InvalidRecord> {
    match length <= bytes.len() {
        true => Ok(bytes.split_to(length)),
        false => Err(InvalidRecord::Truncated),
    }
}

fn array<const N: usize>(bytes: &mut Bytes) -> Result<[u8; N], InvalidRecord> {
    let mut array = [0; N];
    bytes.try_copy_to_slice(&mut array)?;
    Ok(array)
}

fn time(bytes: &mut Bytes) -> Result<Timestamp, InvalidRecord> {
    Ok(Timestamp::from_unix_millis(bytes.try_get_u64()?))
}

/// Zero is never.
fn expiry(bytes: &mut Bytes) -> Result<Option<Timestamp>, InvalidRecord> {
    Ok(Some(time(bytes)?).filter(|expires| expires.as_unix_millis() != 0))
}

impl From<bytes::TryGetError> for InvalidRecord {
    fn from(_: bytes::TryGetError) -> Self {
        Self::Truncated
    }
}
