//! Envelopes: a version, the name of a key, a nonce, and what is encrypted.
//!
//! | bytes | is |
//! |---|---|
//! | 1 | version, `1`: XChaCha20-Poly1305 |
//! | 4 | name of the key |
//! | 24 | nonce, random |
//! | … | ciphertext, as long as the plaintext |
//! | 16 | tag |
//!
//! Authenticated with it: version, name of the key, and each part of the context with its length, so that no part can
//! give bytes to the next.

use chacha20poly1305::{AeadInOut as _, XNonce};
use zeroize::Zeroizing;

use super::{
    key::{KEY_ID_BYTES, Key, KeyId},
    ring::KeyRing,
};

const VERSION: u8 = 1;
const HEADER: usize = 1 + KEY_ID_BYTES;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Bytes that an envelope is longer than its plaintext.
pub(super) const OVERHEAD: usize = HEADER + NONCE + TAG;

/// Encrypts for a context.
pub(super) fn seal(key: &Key, context: &[impl AsRef<[u8]>], plaintext: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce)?;
    let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD);
    sealed.push(VERSION);
    sealed.extend(key.id().0);
    let authenticated = associated(&sealed, context);
    sealed.extend(nonce);
    let mut body = plaintext.to_vec();
    // Fails for more than 256 GiB only.
    key.cipher()
        .encrypt_in_place(&XNonce::from(nonce), &authenticated, &mut body)
        .map_err(|_| getrandom::Error::UNEXPECTED)?;
    sealed.append(&mut body);
    Ok(sealed)
}

/// Decrypts what was sealed for this context with a key of the ring; `None` for everything else. Nothing is decrypted
/// before the tag was verified.
pub(super) fn open(ring: &KeyRing, context: &[impl AsRef<[u8]>], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (header, rest) = sealed.split_at_checked(HEADER)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE>()?;
    let (version, name) = header.split_first()?;
    if *version != VERSION {
        return None;
    }
    let authenticated = associated(header, context);
    ring.named(KeyId(name.try_into().ok()?)).find_map(|key| {
        let mut opened = Zeroizing::new(body.to_vec());
        key.cipher().decrypt_in_place(&XNonce::from(*nonce), &authenticated, &mut *opened).ok()?;
        Some(opened)
    })
}

fn associated(header: &[u8], context: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut bytes = header.to_vec();
    for part in context.iter().map(AsRef::as_ref) {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part);
    }
    bytes
}
