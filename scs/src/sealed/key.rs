//! Keys: what records are encrypted with.

use std::{collections::HashSet, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub(super) const KEY_BYTES: usize = 32;
pub(super) const KEY_ID_BYTES: usize = 4;

/// Separates the hash that names a key from every other use of SHA-256.
const ID_DOMAIN: &[u8] = b"scs key id 1";

/// Fewer different bytes than this are not random: among 32 random ones there are 24 or fewer once in a million times, and 16
/// or fewer never.
const FEWEST_DIFFERENT_BYTES: usize = 17;

/// A key of 256 bits, erased when dropped.
///
/// ```
/// use scs::sealed::Key;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = Key::generate()?;
/// assert_eq!(Key::parse(&key.expose())?.id(), key.id());
///
/// // A passphrase is no key, however long.
/// assert!(Key::parse("correct horse battery staple, correct horse").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Key {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: KeyId,
}

/// The public name of a key: 4 bytes of its hash, which every sealed text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(super) [u8; KEY_ID_BYTES]);

/// The bytes or the text are no key that anything should be encrypted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// There are not exactly 32 bytes.
    #[error("a key has exactly 32 bytes, and this one has {0}; make one with `Key::generate`")]
    Length(usize),
    /// The bytes are text, a sequence or a repetition.
    #[error("these 32 bytes are not random: they look like text or a pattern; make a key with `Key::generate`")]
    Weak,
    /// The text is not base64url.
    #[error("the text of a key is 43 base64url characters, as `Key::expose` writes it")]
    Text,
}

impl Key {
    /// A new key from the operating system's generator.
    ///
    /// # Errors
    ///
    /// The operating system has no random bytes to give; there is no fallback.
    pub fn generate() -> Result<Self, std::io::Error> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self::new(bytes))
    }

    /// Reads what [`expose`](Self::expose) wrote.
    ///
    /// # Errors
    ///
    /// The text is not base64url of 32 bytes, or the bytes are not random.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).map(Zeroizing::new).map_err(|_| InvalidKey::Text)?;
        Self::from_bytes(&bytes)
    }

    /// A key of these bytes, which a random generator made.
    ///
    /// # Errors
    ///
    /// There are not 32 bytes, or they are text, a sequence or a repetition.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| InvalidKey::Length(bytes.len()))?;
        let bytes = Zeroizing::new(bytes);
        if is_weak(&bytes) { Err(InvalidKey::Weak) } else { Ok(Self::new(bytes)) }
    }

    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let hash: [u8; 32] = Sha256::new().chain_update(ID_DOMAIN).chain_update(*bytes).finalize().into();
        let [a, b, c, d, ..] = hash;
        Self { bytes, id: KeyId([a, b, c, d]) }
    }

    /// The public name of the key.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The text of the key: 43 base64url characters, for an environment variable or a vault. Whoever has it can make sessions.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.bytes))
    }

    pub(super) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.bytes).into())
    }
}

/// Whether the bytes are nothing that a generator gives: text, a sequence, or few of them repeated.
fn is_weak(bytes: &[u8; KEY_BYTES]) -> bool {
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    let steps: HashSet<u8> = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    let different: HashSet<&u8> = bytes.iter().collect();
    is_text || steps.len() < FEWEST_DIFFERENT_BYTES || different.len() < FEWEST_DIFFERENT_BYTES
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, [redacted])", self.id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}
