//! Records that are encrypted in their store.

use std::{sync::Arc, time::Duration};

use scs::{
    ManualClock, MemoryStore, Outcome, Session, SessionManager,
    conformance::Harness,
    sealed::{Encrypted, Key, KeyRing},
    store::{Entry, Revision, SessionId, Store as _, Updated},
};

use crate::support::{DAY, START, commit};

#[derive(Session)]
struct Patient {
    #[session(index, renews)]
    account: Option<u64>,
    diagnosis: Option<String>,
}

const DIAGNOSIS: &str = "nothing that anybody may read";

fn key(number: u64) -> Key {
    let mut random = fastrand::Rng::with_seed(number);
    Key::from_bytes(&std::array::from_fn::<u8, 32, _>(|_| random.u8(..))).unwrap()
}

type Patients = SessionManager<Patient, Encrypted<MemoryStore>>;

fn over(inner: &MemoryStore, keys: impl Into<KeyRing>) -> Patients {
    SessionManager::new(Encrypted::new(inner.clone(), keys))
}

async fn patient(sessions: &Patients) -> (SessionId, String) {
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.set_diagnosis(DIAGNOSIS);
    let token = commit(&session).await;
    (session.id(), token)
}

#[tokio::test]
async fn sto_10_a_dump_of_the_store_shows_no_value() {
    let inner = MemoryStore::new();
    let (id, _) = patient(&over(&inner, key(1))).await;
    let dump = inner.load(id).await.unwrap().unwrap();
    for window in DIAGNOSIS.as_bytes().windows(8).chain([&b"diagnosis"[..], b"account"]) {
        assert!(!dump.payload().windows(window.len()).any(|shown| shown == window));
    }
}

#[tokio::test]
async fn sto_10_a_record_that_was_moved_to_another_session_opens_for_nobody() {
    let inner = MemoryStore::new();
    let sessions = over(&inner, key(1));
    let ((victim, _), (thief, token)) = (patient(&sessions).await, patient(&sessions).await);
    let [stolen, own] = [inner.load(victim).await.unwrap().unwrap(), inner.load(thief).await.unwrap().unwrap()];
    let moved = Entry::new(stolen.payload().clone(), DAY);
    assert_eq!(inner.update(thief, own.revision(), &moved).await.unwrap(), Updated::Updated);
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Unknown);
    assert!(sessions.get(thief).await.unwrap().is_none());
}

#[tokio::test]
async fn sto_10_no_bit_of_a_record_can_be_changed() {
    let inner = MemoryStore::new();
    let sessions = over(&inner, key(1));
    let (id, token) = patient(&sessions).await;
    let genuine = inner.load(id).await.unwrap().unwrap();
    let mut revision = genuine.revision();
    let mut put = async |payload: Vec<u8>| {
        let entry = Entry::new(payload, DAY).with_revision(Revision::random());
        assert_eq!(inner.update(id, revision, &entry).await.unwrap(), Updated::Updated);
        revision = entry.revision();
    };
    for bit in 0..genuine.payload().len() * 8 {
        let mut damaged = genuine.payload().to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        put(damaged).await;
        assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Unknown, "bit {bit}");
    }
    put(genuine.payload().to_vec()).await;
    assert_eq!(sessions.open(&token).await.unwrap().diagnosis().as_deref(), Some(DIAGNOSIS));
}

#[tokio::test]
async fn sto_10_keys_change_and_records_follow_when_they_are_written() {
    let inner = MemoryStore::new();
    let (_, token) = patient(&over(&inner, key(1))).await;
    let both = over(&inner, KeyRing::new(key(2)).also_opens(key(1)));
    let session = both.open(&token).await.unwrap();
    assert_eq!(session.diagnosis().as_deref(), Some(DIAGNOSIS));
    session.set_diagnosis("better");
    session.commit().await.unwrap();
    assert_eq!(over(&inner, key(2)).open(&token).await.unwrap().diagnosis().as_deref(), Some("better"));
    assert_eq!(over(&inner, key(1)).open(&token).await.unwrap().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn what_does_not_decrypt_is_in_no_list_and_can_be_revoked() {
    let inner = MemoryStore::new();
    let id = patient(&over(&inner, key(1))).await.0;
    let sessions = over(&inner, key(2));
    assert!(sessions.iterate().await.unwrap().is_empty());
    assert!(sessions.find(Patient::by_account(7)).await.unwrap().is_empty());
    assert!(inner.delete(id).await.unwrap());
}

/// Keeps everything that a store keeps.
struct EncryptedMemory(Arc<ManualClock>);

impl Harness for EncryptedMemory {
    type Store = Encrypted<MemoryStore>;

    async fn store(&self) -> Self::Store {
        Encrypted::new(MemoryStore::new().with_clock(self.0.clone()), key(1))
    }

    async fn pass(&self, time: Duration) {
        self.0.advance(time);
    }
}

scs::conformance!(kit: EncryptedMemory(Arc::new(ManualClock::new(START))) => store, iterate, index, limit, purge);
