//! Codecs: how one field's value becomes bytes and back.

mod describe;
mod id;
#[cfg(feature = "json")]
mod json;
mod message_pack;

use std::{error::Error, fmt};

use serde::{Serialize, de::DeserializeOwned};

use self::describe::describe;
#[cfg(feature = "json")]
pub use self::json::Json;
pub use self::message_pack::MessagePack;

/// Turns field values into bytes and back.
///
/// A codec must be self-describing where schemas are to evolve, and must not trust the bytes it
/// decodes: size, depth and counts are bounded, and bad input is an error, never a panic.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no codec for session values",
    label = "this type does not implement `scs::Codec`",
    note = "`scs::MessagePack` is one, and `scs::Json` with the feature `json`"
)]
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

    /// Prints a value for a person.
    #[doc(hidden)]
    fn describe(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result
    where
        Self: Sized,
    {
        describe::<Self>(bytes, f)
    }
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
