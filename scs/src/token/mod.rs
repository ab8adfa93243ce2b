//! Tokens: what a client holds, and the hash of it that a record holds.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::id::SessionId;

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const TOKEN_BYTES: usize = ID_BYTES + SECRET_BYTES;

/// Bytes that SHA-256 takes in at a time.
const HASH_BLOCK: usize = 64;

/// Separates these hashes from every other use of SHA-256 and from later versions of this one.
const SECRET_DOMAIN: &[u8] = b"scs secret 1";

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
    Sealed(zeroize::Zeroizing<String>),
}

impl Token {
    /// Length of the text form: exactly 64 base64url characters without padding (RFC 4648 §5).
    pub const TEXT_LENGTH: usize = TOKEN_BYTES / 3 * 4;

    pub(crate) const fn new(id: SessionId, secret: Secret) -> Self {
        Self { id, proof: Proof::Secret(secret) }
    }

    /// A session that its client carries, as it was sealed.
    #[cfg(feature = "sealed")]
    pub(crate) const fn sealed(id: SessionId, text: zeroize::Zeroizing<String>) -> Self {
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
        if text.len() != Self::TEXT_LENGTH {
            return Err(InvalidToken);
        }
        let mut bytes = [0; TOKEN_BYTES];
        let decoded = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
        let token = decoded.map(|_| Self::from_bytes(&bytes)).map_err(|_| InvalidToken);
        bytes.zeroize();
        token
    }

    fn from_bytes(bytes: &[u8; TOKEN_BYTES]) -> Self {
        let mut id = [0; ID_BYTES];
        let mut secret = Secret([0; SECRET_BYTES]);
        id.copy_from_slice(&bytes[..ID_BYTES]);
        secret.0.copy_from_slice(&bytes[ID_BYTES..]);
        Self::new(SessionId::from_bytes(id), secret)
    }

    /// The id of the session, which is public.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The text that a client must present. Whoever has it has the session: hand it to the client
    /// and to nobody else, and never log it.
    pub fn expose(&self) -> String {
        let mut text = String::with_capacity(Self::TEXT_LENGTH);
        self.write(&mut text);
        text
    }

    /// Appends the text.
    pub(crate) fn write(&self, text: &mut String) {
        match &self.proof {
            Proof::Secret(secret) => self.write_with(secret, text),
            #[cfg(feature = "sealed")]
            Proof::Sealed(sealed) => text.push_str(sealed),
        }
    }

    fn write_with(&self, secret: &Secret, text: &mut String) {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..ID_BYTES].copy_from_slice(&self.id.to_bytes());
        bytes[ID_BYTES..].copy_from_slice(&secret.0);
        URL_SAFE_NO_PAD.encode_string(bytes, text);
        bytes.zeroize();
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, [redacted])", self.id)
    }
}

impl Proof {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Secret(secret) => &secret.0,
            #[cfg(feature = "sealed")]
            Self::Sealed(text) => text.as_bytes(),
        }
    }
}

/// The text is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session token: expected exactly 64 base64url characters")]
pub struct InvalidToken;

/// The half of a token that must not be known: 32 random bytes, erased when dropped.
#[derive(Clone)]
pub(crate) struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// Asks the operating system; there is no fallback when it has no randomness to give.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut secret = Self([0; SECRET_BYTES]);
        getrandom::fill(&mut secret.0)?;
        Ok(secret)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The hash of a secret, bound to its schema and id, as a record holds it.
#[derive(Clone, Copy)]
pub(crate) struct SecretHash(pub(crate) [u8; 32]);

impl SecretHash {
    /// Compares in constant time, so that a wrong guess tells nothing of the right answer.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        let words = self.words().zip(other.words());
        let differences = words.fold(0, |differences, (ours, theirs)| differences | ours ^ theirs);
        differences.ct_eq(&0).into()
    }

    /// Eight bytes at a time.
    fn words(&self) -> impl Iterator<Item = u64> {
        self.0.as_chunks().0.iter().map(|word| u64::from_ne_bytes(*word))
    }
}

/// Hashes the secrets of one schema. What is the same for all of them fills the first block of
/// SHA-256, which is hashed once.
#[derive(Clone)]
pub(crate) struct SecretHasher(Sha256);

impl SecretHasher {
    pub(crate) fn new(schema: [u8; 8]) -> Self {
        let mut block = [0; HASH_BLOCK];
        let (domain, rest) = block.split_at_mut(SECRET_DOMAIN.len());
        domain.copy_from_slice(SECRET_DOMAIN);
        rest[..schema.len()].copy_from_slice(&schema);
        Self(Sha256::new().chain_update(block))
    }

    /// What a record keeps of this token.
    pub(crate) fn hash(&self, token: &Token) -> SecretHash {
        let hash = self.0.clone().chain_update(token.id.to_bytes()).chain_update(token.proof.as_bytes());
        SecretHash(hash.finalize().into())
    }
}
