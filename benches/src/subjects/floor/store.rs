//! A map in shards, whose records change by compare-and-set.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{Mutex, MutexGuard},
    time::SystemTime,
};

use super::token::{Hash, Id, is_same};

const SHARDS: usize = 64;
const IDLE_MILLISECONDS: u64 = 30 * 60 * 1_000;

pub(super) struct Store<V>(Vec<Mutex<Shard<V>>>);

type Shard<V> = HashMap<Id, Record<V>, BuildHasherDefault<IdHasher>>;

struct Record<V> {
    hash: Hash,
    revision: u64,
    /// Milliseconds since 1970.
    expires: u64,
    value: V,
}

/// Ids are random already.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            self.0 = u64::from_ne_bytes(*last);
        }
    }

    // The map takes bits from both ends, and a shard has its ids' last bits in common.
    fn finish(&self) -> u64 {
        self.0.rotate_left(23)
    }
}

impl<V: Clone> Store<V> {
    pub(super) fn new() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }

    /// The value and its revision, if the secret is the session's; the session is idle from now on.
    pub(super) fn load(&self, id: &Id, hash: &Hash) -> Option<(V, u64)> {
        let now = now();
        let mut shard = self.shard(id);
        let record = shard.get_mut(id).filter(|record| record.is_open_to(hash, now))?;
        record.expires = now + IDLE_MILLISECONDS;
        Some((record.value.clone(), record.revision))
    }

    pub(super) fn create(&self, id: Id, hash: Hash, value: V) {
        let record = Record { hash, revision: revision(), expires: now() + IDLE_MILLISECONDS, value };
        self.shard(&id).insert(id, record);
    }

    /// Writes a value that `change` has made of what had this revision. If another has been written since, the change is done
    /// again; if the session is no more, it is dropped.
    pub(super) fn update(&self, id: &Id, hash: &Hash, read: u64, value: V, change: fn(&mut V)) {
        let now = now();
        let mut shard = self.shard(id);
        let Some(record) = shard.get_mut(id).filter(|record| record.is_open_to(hash, now)) else { return };
        match record.revision == read {
            true => record.value = value,
            false => change(&mut record.value),
        }
        record.revision = revision();
        record.expires = now + IDLE_MILLISECONDS;
    }

    fn shard(&self, id: &Id) -> MutexGuard<'_, Shard<V>> {
        self.0[usize::from(id[id.len() - 1]) % SHARDS].lock().expect("no change panics")
    }
}

impl<V> Record<V> {
    fn is_open_to(&self, hash: &Hash, now: u64) -> bool {
        now < self.expires && is_same(&self.hash, hash)
    }
}

fn revision() -> u64 {
    fastrand::u64(1..)
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Id = [7; 16];
    const HASH: Hash = [1; 32];

    fn add(value: &mut u64) {
        *value += 1;
    }

    #[test]
    fn a_change_that_lost_the_race_is_done_again() {
        let store = Store::new();
        store.create(ID, HASH, 40);
        let (value, revision) = store.load(&ID, &HASH).unwrap();
        for _ in 0..2 {
            store.update(&ID, &HASH, revision, value + 1, add);
        }
        assert_eq!(store.load(&ID, &HASH).unwrap().0, 42);
    }

    #[test]
    fn another_secret_opens_and_changes_nothing() {
        let store = Store::new();
        store.create(ID, HASH, 40);
        let (_, revision) = store.load(&ID, &HASH).unwrap();
        assert!(store.load(&ID, &[2; 32]).is_none());
        store.update(&ID, &[2; 32], revision, 41, add);
        assert_eq!(store.load(&ID, &HASH).unwrap().0, 40);
    }

    #[test]
    fn a_session_that_ended_is_not_made_again() {
        let store = Store::new();
        store.update(&ID, &HASH, 1, 41, add);
        assert!(store.load(&ID, &HASH).is_none());
    }
}
