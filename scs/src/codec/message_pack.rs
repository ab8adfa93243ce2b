use rmp_serde::decode::Error;
use serde::{
    Deserialize as _, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{Codec, CodecError};

/// Nested deeper than this, a value is refused before it can exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Bytes that most values fit into.
const USUAL_SIZE: usize = 32;

/// The default codec: [MessagePack](https://msgpack.org) with field names, so that structs may gain
/// and lose fields between deploys.
#[derive(Debug, Clone, Copy)]
pub struct MessagePack;

impl Codec for MessagePack {
    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
        let mut bytes = Vec::with_capacity(USUAL_SIZE);
        rmp_serde::encode::write_named(&mut bytes, value).map_err(CodecError::new)?;
        // Every level takes a byte at least, so what is short cannot be too deep to be read back.
        if bytes.len() > MAX_DEPTH {
            Self::decode::<IgnoredAny>(&bytes)?;
        }
        Ok(bytes)
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
        let mut decoder = rmp_serde::Deserializer::from_read_ref(bytes);
        decoder.set_max_depth(MAX_DEPTH);
        let value = T::deserialize(&mut decoder).map_err(CodecError::new)?;
        match IgnoredAny::deserialize(&mut decoder) {
            Err(Error::InvalidMarkerRead(_)) => Ok(value),
            _ => Err(CodecError::new("bytes are left over after the value")),
        }
    }
}
