//! Hashes of secrets: what a record holds.

use sha2::block_api::compress256;
#[cfg(feature = "sealed")]
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Proof, TOKEN_BYTES, Token, base64url::Words, erase};

/// Bytes that SHA-256 takes in at a time.
const BLOCK: usize = 64;

/// Separates these hashes from every other use of SHA-256 and from later versions of this one.
const DOMAIN: &[u8] = b"scs secret 1";

/// Where SHA-256 starts (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The length of what is hashed, in bits, as SHA-256 puts it at the end (FIPS 180-4, 5.1.1).
const BITS: u64 = 8 * (BLOCK + TOKEN_BYTES) as u64;

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

/// Hashes the secrets of one schema.
///
/// What is the same for all of them fills the first block of SHA-256, which is hashed once. Id and secret
/// fit into the second with what SHA-256 puts behind them, so that a token costs one block and no hasher.
#[derive(Clone)]
pub(crate) struct SecretHasher {
    /// After the first block.
    state: [u32; 8],
    /// The same, for what is longer than a secret.
    #[cfg(feature = "sealed")]
    hasher: Sha256,
}

impl SecretHasher {
    pub(crate) fn new(schema: [u8; 8]) -> Self {
        let mut block = [0; BLOCK];
        let (domain, rest) = block.split_at_mut(DOMAIN.len());
        domain.copy_from_slice(DOMAIN);
        rest[..schema.len()].copy_from_slice(&schema);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        Self {
            state,
            #[cfg(feature = "sealed")]
            hasher: Sha256::new().chain_update(block),
        }
    }

    /// What a record keeps of this token.
    pub(crate) fn hash(&self, token: &Token) -> SecretHash {
        match &token.proof {
            Proof::Secret(secret) => self.hash_words(&token.words(secret)),
            #[cfg(feature = "sealed")]
            Proof::Sealed(text) => {
                let hash = self.hasher.clone().chain_update(token.id.to_bytes()).chain_update(text.as_bytes());
                SecretHash(hash.finalize().into())
            }
        }
    }

    fn hash_words(&self, words: &Words) -> SecretHash {
        let mut block = [0; BLOCK];
        let (eights, _) = block.as_chunks_mut();
        for (eight, word) in eights.iter_mut().zip(words) {
            *eight = word.to_be_bytes();
        }
        block[TOKEN_BYTES] = 0x80;
        block[BLOCK - size_of_val(&BITS)..].copy_from_slice(&BITS.to_be_bytes());
        let mut state = self.state;
        compress256(&mut state, std::slice::from_ref(&block));
        erase(&mut block);
        let mut hash = SecretHash([0; 32]);
        for (four, word) in hash.0.as_chunks_mut().0.iter_mut().zip(state) {
            *four = word.to_be_bytes();
        }
        hash
    }
}
