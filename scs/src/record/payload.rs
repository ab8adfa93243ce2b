//! Payloads: where the bytes of a record are written, and how they are shared.

use bytes::Bytes;
use smallvec::SmallVec;

/// Room for a record that is being written: a short one takes no memory but the stack's.
pub(super) type Buffer = SmallVec<[u8; LARGEST]>;

const LARGEST: usize = 512;

/// Shares what was written. A short record lies in one block together with the count of its owners, where the `Bytes` of a
/// `Vec` would be two; the sizes are close enough that a store of millions wastes little.
pub(super) fn share(written: &mut Buffer) -> Bytes {
    match written.len() {
        0..=160 => Block::<160>::share(written),
        161..=224 => Block::<224>::share(written),
        225..=320 => Block::<320>::share(written),
        321..=LARGEST => Block::<LARGEST>::share(written),
        _ => std::mem::take(written).into_vec().into(),
    }
}

struct Block<const SIZE: usize> {
    bytes: [u8; SIZE],
    length: usize,
}

impl<const SIZE: usize> Block<SIZE> {
    fn share(written: &[u8]) -> Bytes {
        let mut block = Self { bytes: [0; SIZE], length: written.len() };
        block.bytes[..written.len()].copy_from_slice(written);
        Bytes::from_owner(block)
    }
}

impl<const SIZE: usize> AsRef<[u8]> for Block<SIZE> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
