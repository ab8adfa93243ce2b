//! Index terms: what a record can be found under.

use std::fmt;

/// What a record can be found under: a hash of schema, index name and value.
///
/// A store compares terms and nothing else; it cannot read the value back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term([u8; 16]);

impl Term {
    /// The term with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes to keep in the index.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Debug for Term {
    /// Prints no byte: a term can be guessed back to its value by hashing candidates.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Term(..)")
    }
}
