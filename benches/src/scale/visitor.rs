//! The sessions that there are many of.

use scs::{MemoryStore, Session, SessionManager, TypedSession, store::Iterate as _};

/// With it a record has about 160 bytes.
pub const NOTE: &str = "a note of thirty-two characters.";

/// Without an index, for the memory that it takes is its own.
#[derive(Session)]
pub struct Visitor {
    pub visits: u64,
    pub note: String,
}

/// One who may have an account, by which their sessions are found.
#[derive(Session)]
pub struct Customer {
    #[session(index, renews)]
    pub account: Option<u64>,
    pub visits: u64,
    pub note: String,
}

/// The record of somebody else.
pub async fn record() -> Vec<u8> {
    let store = MemoryStore::new();
    let session: TypedSession<Customer> =
        SessionManager::new(store.clone()).open(None).await.expect("a store in memory opens sessions");
    session.set_visits(1);
    session.set_note(NOTE.to_owned());
    session.commit().await.expect("a store in memory has room");
    let mut cursor = None;
    loop {
        let page = store.page(cursor, 1).await.expect("a store in memory answers");
        if let Some((_, stored)) = page.items.first() {
            return stored.payload().to_vec();
        }
        cursor = page.next;
    }
}
