//! The stores that keep sessions outside the process: the contract, and what is special to each.

mod errors;
mod index_races;
mod locks;
mod mysql;
mod pgbouncer;
mod postgres;
mod purging;
mod redb;
mod redis;
mod roles;
mod round_trips;
mod server_restart;
mod sqlite;
mod tiered;
mod unused;

use std::time::Duration;

use scs::{
    SessionId,
    store::{Entry, Purge},
};

use crate::support::{HOUR, MINUTE, unique};

/// Tables that nothing else uses, dropped when this is.
struct Tables {
    name: String,
    run: fn(String),
}

impl Tables {
    fn new(run: fn(String)) -> Self {
        Self { name: unique("tables"), run }
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        let (run, statement) = (self.run, format!("DROP TABLE IF EXISTS {0}, {0}_terms", self.name));
        // Elsewhere: this may be inside a runtime.
        std::thread::spawn(move || run(statement)).join().unwrap();
    }
}

/// Time zones west and far east of UTC, one with a fraction of an hour, and one whose clocks are put back.
const ZONES: [&str; 4] = ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "+14:00"];

/// Records live for their time to live, and are purged when it is over and not before.
async fn keeps_time(store: &impl Purge) {
    let (kept, gone) = (SessionId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
    let _ = store.create(kept, &Entry::new("kept", 4 * HOUR)).await.unwrap();
    let _ = store.create(gone, &Entry::new("gone", Duration::ZERO)).await.unwrap();
    let left = store.load(kept).await.unwrap().unwrap().ttl();
    assert!(left <= 4 * HOUR && left > 4 * HOUR - MINUTE, "{left:?} are left of four hours");
    assert!(store.load(gone).await.unwrap().is_none());
    assert_eq!(store.purge(1_000_000).await.unwrap(), 1);
    assert_eq!(store.load(kept).await.unwrap().unwrap().payload(), "kept");
}
