//! Tokens: what a client holds, and the hash of it that a record holds.

mod base64url;
mod hash;

use std::fmt;

use zeroize::{Zeroizing, optimization_barrier};

use self::base64url::Words;
pub(crate) use self::hash::{SecretHash, SecretHasher};
use crate::id::SessionId;

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const TOKEN_BYTES: usize = ID_BYTES + SECRET_BYTES;

/// What a client holds: a session id and the secret that opens it.
///
/// The secret is 32 bytes (256 bits) from the operating system's generator, twice what OWASP ASVS
/// 5.0 (7.2.3) asks for. A token cannot be printed, serialized or compared; [`expose`](Self::expose)
/// is the one way to its text.
///
/// ```
/// use scs::Token;
///
/// # fn main() -> Result<(), scs::InvalidToken> {
/// let text = "AZLwwSo7fE2OXxAhMkNUZQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
/// let token = Token::parse(text.as_bytes())?;
/// assert_eq!(token.expose(), text);
/// assert_eq!(format!("{token:?}"), "Token(0192f0c1-2a3b-7c4d-8e5f-102132435465, [redacted])");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Token {
    id: SessionId,
    proof: Proof,
}

/// What shows that a client may use the session.
#[derive(Clone)]
enum Proof {
    /// It knows the secret whose hash the record has.
    Secret(Secret),
    /// It has the record itself, sealed.
    #[cfg(feature = "sealed")]
    Sealed(Zeroizing<String>),
}

impl Token {
    /// Length of the text form: exactly 64 base64url characters without padding (RFC 4648 §5).
    pub const TEXT_LENGTH: usize = TOKEN_BYTES / 3 * 4;

    pub(crate) const fn new(id: SessionId, secret: Secret) -> Self {
        Self { id, proof: Proof::Secret(secret) }
    }

    /// A session that its client carries, as it was sealed.
    #[cfg(feature = "sealed")]
    pub(crate) const fn sealed(id: SessionId, text: Zeroizing<String>) -> Self {
        Self { id, proof: Proof::Sealed(text) }
    }

    /// The sealed session, if the client carries it.
    #[cfg(feature = "sealed")]
    pub(crate) fn sealed_text(&self) -> Option<&str> {
        match &self.proof {
            Proof::Sealed(text) => Some(text),
            Proof::Secret(_) => None,
        }
    }

    /// Reads the text form. Length and alphabet are checked before anything else happens.
    ///
    /// # Errors
    ///
    /// Anything but 64 base64url characters.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidToken> {
        let text = text.try_into().map_err(|_| InvalidToken)?;
        let words = Zeroizing::new(base64url::decode(text).ok_or(InvalidToken)?);
        Ok(Self::from_words(&words))
    }

    fn from_words(&[first, second, ref secret @ ..]: &Words) -> Self {
        let id = u128::from(first) << u64::BITS | u128::from(second);
        Self::new(SessionId::from_bytes(id.to_be_bytes()), Secret(*secret))
    }

    /// The id of the session, which is public.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The text that a client must present. Whoever has it has the session: hand it to the client
    /// and to nobody else, and never log it.
    pub fn expose(&self) -> String {
        let mut text = Vec::with_capacity(self.text_length());
        self.write(&mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// How many bytes the text has.
    pub(crate) fn text_length(&self) -> usize {
        match &self.proof {
            Proof::Secret(_) => Self::TEXT_LENGTH,
            #[cfg(feature = "sealed")]
            Proof::Sealed(sealed) => sealed.len(),
        }
    }

    /// Appends the text, which is ASCII.
    pub(crate) fn write(&self, text: &mut Vec<u8>) {
        match &self.proof {
            Proof::Secret(secret) => {
                let mut encoded = base64url::encode(&self.words(secret));
                text.extend_from_slice(&encoded);
                erase(&mut encoded);
            }
            #[cfg(feature = "sealed")]
            Proof::Sealed(sealed) => text.extend_from_slice(sealed.as_bytes()),
        }
    }

    /// Id and secret.
    fn words(&self, secret: &Secret) -> Zeroizing<Words> {
        let mut words = Zeroizing::new(Words::default());
        let (id, rest) = words.split_at_mut(ID_BYTES / size_of::<u64>());
        for (word, eight) in id.iter_mut().zip(self.id.to_bytes().as_chunks().0) {
            *word = u64::from_be_bytes(*eight);
        }
        rest.copy_from_slice(&secret.0);
        words
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, [redacted])", self.id)
    }
}

/// The text is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session token: expected exactly 64 base64url characters")]
pub struct InvalidToken;

/// The half of a token that must not be known: 32 random bytes, erased when dropped.
#[derive(Clone)]
pub(crate) struct Secret([u64; SECRET_BYTES / size_of::<u64>()]);

impl Secret {
    /// Asks the operating system; there is no fallback when it has no randomness to give.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        let mut secret = Self(Default::default());
        for (word, eight) in secret.0.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_ne_bytes(*eight);
        }
        erase(&mut bytes);
        Ok(secret)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        erase(&mut self.0);
    }
}

/// Overwrites a secret in a few wide stores, which the compiler may not leave out.
fn erase<T: Copy + Default, const N: usize>(secret: &mut [T; N]) {
    *secret = [T::default(); N];
    optimization_barrier(secret);
}
