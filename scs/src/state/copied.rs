//! Values that are read without the lock.

use std::ops::Deref;

use bytes::Bytes;

/// A value as it was while the lock was held. A short one is copied: sharing costs more.
pub(super) enum Copied {
    Short { bytes: [u8; SHORT], length: usize },
    Shared(Bytes),
}

/// Copied at about the price of one atomic operation.
const SHORT: usize = 48;

impl Copied {
    pub(super) fn short(value: &[u8]) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..value.len())?.copy_from_slice(value);
        Some(Self::Short { bytes, length: value.len() })
    }
}

impl Deref for Copied {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short { bytes, length } => &bytes[..*length],
            Self::Shared(bytes) => bytes,
        }
    }
}
