use std::hash::{BuildHasherDefault, Hasher};

/// Ids and terms end in random bits, which serve as their own hash.
#[derive(Default, Clone)]
pub(super) struct TailHasher(u64);

impl Hasher for TailHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(tail) = bytes.last_chunk() {
            self.0 = u64::from_ne_bytes(*tail);
        }
    }

    fn finish(&self) -> u64 {
        // The shard was picked by the last byte, the map's bucket must come from others.
        self.0.rotate_left(23)
    }
}

pub(super) type TailHash = BuildHasherDefault<TailHasher>;
