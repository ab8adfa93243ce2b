//! What one operation takes among so many sessions.

use std::time::Instant;

use scs::{
    SessionId, SessionManager,
    store::{AnyStore, Entry, Store as _, Updated},
};
use scs_benches::report::{Summary, summary};
use serde::{Deserialize, Serialize};

use super::fill;
use crate::visitor::Customer;

const TIMES: usize = 1_000;

/// Accounts that are found and signed out, and sessions of each.
const ACCOUNTS: u64 = 100;
const DEVICES: u64 = 3;

/// In microseconds.
#[derive(Serialize, Deserialize)]
pub struct Times {
    pub read: Summary,
    pub change: Summary,
    pub find: Summary,
    pub revoke_all: Summary,
    /// Records in a second.
    pub iterate: f64,
}

impl Times {
    pub async fn of(store: &AnyStore, sessions: u64) -> Self {
        let manager = SessionManager::new(store.clone());
        let [find, revoke_all] = account(&manager).await;
        Self {
            read: of_some(sessions, async |id| drop(load(store, id).await)).await,
            change: of_some(sessions, async |id| change(store, id).await).await,
            find,
            revoke_all,
            iterate: iterate(&manager, sessions).await,
        }
    }
}

fn micros(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e6
}

/// Times of an operation on sessions picked at random.
async fn of_some(sessions: u64, operation: impl AsyncFn(SessionId)) -> Summary {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let id = SessionId::from_bytes(fill::id(fastrand::u64(..sessions)));
        let began = Instant::now();
        operation(id).await;
        times.push(micros(began));
    }
    summary(&times)
}

async fn load(store: &AnyStore, id: SessionId) -> scs::store::Stored {
    store.load(id).await.expect("the store answers").expect("the session is there")
}

async fn change(store: &AnyStore, id: SessionId) {
    let stored = load(store, id).await;
    let entry = Entry::new(stored.payload().clone(), stored.ttl());
    let updated = store.update(id, stored.revision(), &entry).await;
    assert_eq!(updated.expect("the store answers"), Updated::Updated);
}

/// Signs three devices in to each account, lists them and signs them out.
async fn account(manager: &SessionManager<Customer, AnyStore>) -> [Summary; 2] {
    let (mut find, mut revoke) = (Vec::new(), Vec::new());
    for account in 0..ACCOUNTS {
        for _ in 0..DEVICES {
            let session = manager.open(None).await.expect("the store answers");
            session.set_account(account);
            session.commit().await.expect("the store answers");
        }
        let began = Instant::now();
        let found = manager.find(Customer::by_account(account)).await.expect("the store answers");
        find.push(micros(began));
        assert_eq!(found.len() as u64, DEVICES);
        let began = Instant::now();
        let revoked = manager.revoke_all(Customer::by_account(account)).await.expect("the store answers");
        revoke.push(micros(began));
        assert_eq!(revoked, DEVICES);
    }
    [summary(&find), summary(&revoke)]
}

async fn iterate(manager: &SessionManager<Customer, AnyStore>, sessions: u64) -> f64 {
    let (began, mut seen, mut list) = (Instant::now(), 0, manager.iterate());
    while list.next().await.expect("the store answers").is_some() {
        seen += 1;
    }
    assert!(seen >= sessions, "{seen} of {sessions} are listed");
    seen as f64 / began.elapsed().as_secs_f64()
}
