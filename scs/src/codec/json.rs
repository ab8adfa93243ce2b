use serde::{Serialize, de::DeserializeOwned};

use super::{Codec, CodecError};

/// Nested deeper than this, `serde_json` refuses a value before it can exhaust the stack.
const MAX_DEPTH: usize = 127;

/// [JSON](https://www.rfc-editor.org/rfc/rfc8259), for stores whose records people or other programs
/// read: `#[session(codec = scs::Json)]`.
///
/// A session that was written in another codec reads as its defaults: choose before the first deploy.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Codec for Json {
    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
        let bytes = serde_json::to_vec(value).map_err(CodecError::new)?;
        // What opens few brackets cannot be too deep to be read back.
        if bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > MAX_DEPTH {
            Self::decode::<serde_json::Value>(&bytes)?;
        }
        Ok(bytes)
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
        serde_json::from_slice(bytes).map_err(CodecError::new)
    }
}
