//! Session ids: the public half of a token and the key of every store.

use std::{fmt, str::FromStr};

use uuid::{Builder, Uuid};

use crate::time::Timestamp;

/// The public name of one session: a UUID of version 7 (RFC 9562), the key under which stores keep its record.
///
/// An id may be logged, listed and used as an administrator's handle. It grants nothing: only the
/// [`Token`](crate::Token), which also holds the secret, opens a session for a client.
///
/// ```
/// use scs::SessionId;
///
/// # fn main() -> Result<(), scs::InvalidSessionId> {
/// let id: SessionId = "0192f0c1-2a3b-7c4d-8e5f-102132435465".parse()?;
/// assert_eq!(id.to_string(), "0192f0c1-2a3b-7c4d-8e5f-102132435465");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    pub(crate) fn generate(now: Timestamp) -> Self {
        let mut random = [0; 10];
        fastrand::fill(&mut random);
        Self(Builder::from_unix_timestamp_millis(now.as_unix_millis(), &random).into_uuid())
    }

    /// The id that a sealed session gets when it is renewed. It is computed from the former one, so that a request which
    /// knows only that one can end the renewed session too.
    #[cfg(feature = "sealed")]
    pub(crate) fn successor(self) -> Self {
        use sha2::{Digest as _, Sha256};
        let bytes = self.to_bytes();
        let digest = Sha256::new_with_prefix(b"scs successor 1").chain_update(bytes).finalize();
        let (mut random, mut millis) = ([0; 10], [0; 8]);
        random.copy_from_slice(&digest[..10]);
        millis[2..].copy_from_slice(&bytes[..6]);
        Self(Builder::from_unix_timestamp_millis(u64::from_be_bytes(millis), &random).into_uuid())
    }

    /// The id with these 16 bytes, as [`to_bytes`](Self::to_bytes) gave them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes of this id, in the order that sorts ids by the time they were made.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({})", self.0)
    }
}

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    /// Reads the hyphenated form that `Display` writes.
    ///
    /// # Errors
    ///
    /// Any other text, also the other forms in which a UUID may be written.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = Uuid::try_parse(text).map_err(|_| InvalidSessionId)?;
        let mut canonical = Uuid::encode_buffer();
        match id.hyphenated().encode_lower(&mut canonical) == text {
            true => Ok(Self(id)),
            false => Err(InvalidSessionId),
        }
    }
}

/// The text is not a session id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session id: expected a lower-case UUID such as 0192f0c1-2a3b-7c4d-8e5f-102132435465")]
pub struct InvalidSessionId;
