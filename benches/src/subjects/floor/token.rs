//! An id and a secret, as a cookie has them and as the store has them.

use std::hint::black_box;

use axum::http::{HeaderMap, HeaderValue, header};

pub(super) type Id = [u8; 16];
pub(super) type Hash = [u8; 32];

const NAME: &[u8] = b"__Host-id=";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TEXT_LENGTH: usize = 64;

pub(super) struct Token {
    pub(super) id: Id,
    secret: [u8; 32],
}

impl Token {
    pub(super) fn random() -> Self {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).expect("the system has randomness");
        Self { id: fastrand::u128(..).to_ne_bytes(), secret }
    }

    pub(super) fn find(headers: &HeaderMap) -> Option<Self> {
        let line = headers.get(header::COOKIE)?.as_bytes();
        let text = line.split(|byte| *byte == b';').find_map(|pair| pair.trim_ascii().strip_prefix(NAME))?;
        let bytes = decode(text.try_into().ok()?)?;
        Some(Self { id: *bytes.first_chunk()?, secret: *bytes.last_chunk()? })
    }

    pub(super) fn cookie(&self) -> HeaderValue {
        let mut line = Vec::with_capacity(128);
        line.extend_from_slice(NAME);
        let bytes = [&self.id[..], &self.secret].concat();
        for [a, b, c] in bytes.as_chunks::<3>().0 {
            let bits = u32::from_be_bytes([0, *a, *b, *c]);
            line.extend([18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]));
        }
        line.extend_from_slice(b"; HttpOnly; Secure; SameSite=Lax; Path=/");
        HeaderValue::try_from(line).expect("it is ASCII")
    }

    /// SHA-256 of both. They fit into one block, whose padding never changes.
    pub(super) fn hash(&self) -> Hash {
        let mut block = [0; 64];
        block[..16].copy_from_slice(&self.id);
        block[16..48].copy_from_slice(&self.secret);
        block[48] = 0x80;
        block[62..].copy_from_slice(&(48_u16 * 8).to_be_bytes());
        let mut state = INITIAL;
        sha2::block_api::compress256(&mut state, &[block]);
        let mut hash = [0; 32];
        for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_be_bytes();
        }
        hash
    }
}

/// Where SHA-256 begins (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Takes the same time wherever they differ.
pub(super) fn is_same(a: &Hash, b: &Hash) -> bool {
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    black_box(words.fold(0, |difference, (a, b)| difference | u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b))) == 0
}

/// base64url without tables, so that no time depends on the secret, and many characters are decoded at once.
fn decode(text: &[u8; TEXT_LENGTH]) -> Option<[u8; 48]> {
    let mut sextets = [0; TEXT_LENGTH];
    for (sextet, byte) in sextets.iter_mut().zip(text) {
        *sextet = bits_of(*byte);
    }
    let mut bytes = [0; 48];
    for (six, eight) in bytes.as_chunks_mut::<6>().0.iter_mut().zip(sextets.as_chunks::<8>().0) {
        six.copy_from_slice(&close_up(u64::from_be_bytes(*eight)).to_be_bytes()[2..]);
    }
    let all = sextets.iter().fold(0, |all, sextet| all | sextet);
    (all < 64).then_some(bytes)
}

/// The six bits of a character, or 255.
fn bits_of(byte: u8) -> u8 {
    let place = |first: u8| byte.wrapping_sub(first);
    let mut bits = 255;
    bits = if place(b'A') < 26 { place(b'A') } else { bits };
    bits = if place(b'a') < 26 { place(b'a') + 26 } else { bits };
    bits = if place(b'0') < 10 { place(b'0') + 52 } else { bits };
    bits = if byte == b'-' { 62 } else { bits };
    if byte == b'_' { 63 } else { bits }
}

/// Eight times six bits without the gaps between them: neighbours move together, then pairs, then halves.
const fn close_up(sextets: u64) -> u64 {
    let pairs = sextets & 0x003f_003f_003f_003f | (sextets & 0x3f00_3f00_3f00_3f00) >> 2;
    let halves = pairs & 0x0000_0fff_0000_0fff | (pairs & 0x0fff_0000_0fff_0000) >> 4;
    halves & 0x00ff_ffff | (halves & 0x00ff_ffff_0000_0000) >> 8
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn found(cookie: HeaderValue) -> Option<Token> {
        Token::find(&HeaderMap::from_iter([(header::COOKIE, cookie)]))
    }

    #[test]
    fn a_cookie_has_the_token() {
        let token = Token::random();
        let found = found(token.cookie()).unwrap();
        assert_eq!((found.id, found.secret), (token.id, token.secret));
    }

    #[test]
    fn other_characters_are_no_token() {
        assert!(found(HeaderValue::from_str(&format!("__Host-id={}", "A".repeat(64))).unwrap()).is_some());
        for other in ["+", "/", "=", "~", "AA"] {
            let text = format!("__Host-id={}{other}", "A".repeat(63));
            assert!(found(HeaderValue::from_str(&text).unwrap()).is_none(), "{text}");
        }
    }

    #[test]
    fn the_hash_is_sha_256_of_id_and_secret() {
        let token = Token::random();
        assert_eq!(token.hash()[..], Sha256::digest([&token.id[..], &token.secret].concat())[..]);
    }

    #[test]
    fn hashes_that_differ_in_one_bit_are_not_the_same() {
        let hash = Token::random().hash();
        let mut other = hash;
        other[31] ^= 1;
        assert!(is_same(&hash, &hash) && !is_same(&hash, &other));
    }
}
