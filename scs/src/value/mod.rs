//! What the types of fields must be able to do. Each is implemented for every type that can.

mod equality;
mod merge;

use crate::codec::{Codec, CodecError};

#[doc(hidden)]
pub use self::equality::{Equality, WithoutEquality};
pub(crate) use self::equality::{are_permuted, has_one_encoding};
pub use self::merge::{Additive, Union};
use serde::{Serialize, de::DeserializeOwned};

/// What a session field may hold: any type with serde's `Serialize` and `Deserialize` that owns its
/// data and can be cloned and shared between threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a session field",
    label = "this type must be serializable, owned, cloneable and thread-safe",
    note = "derive `serde::Serialize`, `serde::Deserialize` and `Clone` for it"
)]
pub trait SessionValue: Sized {
    #[doc(hidden)]
    fn encode<C: Codec>(&self) -> Result<Vec<u8>, CodecError>;

    #[doc(hidden)]
    fn decode<C: Codec>(bytes: &[u8]) -> Result<Self, CodecError>;
}

// Not as supertraits: a type that cannot is one error then, and not one for each trait it lacks.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> SessionValue for T {
    fn encode<C: Codec>(&self) -> Result<Vec<u8>, CodecError> {
        C::encode(self)
    }

    fn decode<C: Codec>(bytes: &[u8]) -> Result<Self, CodecError> {
        C::decode(bytes)
    }
}

/// What a `skip` field may hold: any type that owns its data and can be cloned and shared between
/// threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be held by a `skip` field",
    label = "this type must be owned, cloneable and thread-safe",
    note = "derive `Clone` for it, or wrap it in an `Arc`"
)]
pub trait LocalValue: Clone {
    #[doc(hidden)]
    #[must_use]
    fn duplicate(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> LocalValue for T {
    fn duplicate(&self) -> Self {
        self.clone()
    }
}

/// What a field reads as while nothing is stored: the type's `Default`.
#[diagnostic::on_unimplemented(
    message = "a session field of type `{Self}` has nothing to read as before it is set",
    label = "this type has no `Default`",
    note = "add `#[session(default = ..)]` to the field, make it an `Option`, or derive `Default` for the type"
)]
pub trait DefaultValue: Sized {
    #[doc(hidden)]
    #[must_use]
    fn default_value() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> DefaultValue for T {
    fn default_value() -> Self {
        T::default()
    }
}
