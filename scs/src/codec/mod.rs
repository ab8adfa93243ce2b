//! Codecs: how one field's value becomes bytes and back.

mod message_pack;

use std::error::Error;

use serde::{Serialize, de::DeserializeOwned};

pub use self::message_pack::MessagePack;

/// Turns field values into bytes and back.
///
/// A codec must be self-describing where schemas are to evolve, and must not trust the bytes it
/// decodes: size, depth and counts are bounded, and bad input is an error, never a panic.
pub trait Codec {
    /// Encodes one value.
    ///
    /// # Errors
    ///
    /// The value has a shape that the format cannot express.
    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError>;

    /// Decodes one value.
    ///
    /// # Errors
    ///
    /// The bytes are not a value of this type.
    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError>;
}

/// A value could not be encoded, or bytes could not be decoded.
#[derive(Debug, thiserror::Error)]
#[error("the codec failed")]
pub struct CodecError(#[source] Box<dyn Error + Send + Sync>);

impl CodecError {
    /// Keeps what the underlying format said.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }

    pub(crate) fn into_source(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

/// What a session field may hold: any type with serde's `Serialize` and `Deserialize` that owns its
/// data and can be cloned and shared between threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a session field",
    label = "this type must be serializable, owned, cloneable and thread-safe",
    note = "derive `serde::Serialize`, `serde::Deserialize` and `Clone` for it"
)]
pub trait SessionValue: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> SessionValue for T {}
