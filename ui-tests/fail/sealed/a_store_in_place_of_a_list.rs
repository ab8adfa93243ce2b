use scs::sealed::{Key, SealedCookies};

fn main() {}

fn seal(key: Key) {
    let _ = SealedCookies::new(key, scs::MemoryStore::new());
}
