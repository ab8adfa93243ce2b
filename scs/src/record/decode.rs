//! Decoding: what the bytes of a record are, whoever wrote them.

use bytes::Bytes;

use super::{Cells, FORMAT, Header, MAX_BYTES, Record, format_1};
use crate::schema::{Schema, SchemaTag};

/// The bytes are not a record that this version can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidRecord {
    #[error("the record has format {0}, which a newer version wrote")]
    Format(u8),
    #[error("the record ends too early")]
    Truncated,
    #[error("the record goes on after its last field")]
    TrailingBytes,
    #[error("the record has flags or secrets that a newer version wrote")]
    Flags,
    #[error("the fields of the record do not add up")]
    Fields,
    #[error("the record is larger than any that is written")]
    TooLarge,
    #[error("a field name in the record is not UTF-8")]
    FieldName,
}

impl Record {
    /// Reads a record of a schema; `None` if it is another schema's. The fields share the memory of `bytes`, if a
    /// binary with the same fields wrote them.
    #[inline]
    pub(crate) fn decode(bytes: Bytes, schema: &Schema, tag: SchemaTag) -> Result<Option<Self>, InvalidRecord> {
        if bytes.len() > MAX_BYTES {
            return Err(InvalidRecord::TooLarge);
        }
        match bytes.first() {
            Some(&FORMAT) => {
                let (header, fingerprint, start) = Header::decode(&bytes)?;
                if header.schema != tag {
                    return Ok(None);
                }
                Ok(Some(Self { header, cells: Cells::open(bytes, start, fingerprint, schema)? }))
            }
            Some(&format_1::FORMAT) => format_1::decode(&bytes, schema, tag),
            Some(&format) => Err(InvalidRecord::Format(format)),
            None => Err(InvalidRecord::Truncated),
        }
    }
}
