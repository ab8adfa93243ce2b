//! Proofs: promises that are tried a hundred thousand times, on every store.
//!
//! A test run tries a hundredth of each. `just prove` tries the rest, goes on where it stopped, and keeps what it
//! reached in docs/proofs.md.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "rounds, clients and shares of a processor are small numbers"
)]

mod ledger;
#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;

/// Tries `async fn $proof(place: &Place, rounds: Range<u64>)` on every store, so many times in all.
macro_rules! on_every_store {
    ($proof:ident, $rounds:expr) => {
        on_every_store!($proof, $rounds, on_memory "memory", Place::memory());
        on_every_store!($proof, $rounds, on_sqlite "SQLite", Place::file("sqlite"));
        on_every_store!($proof, $rounds, on_redb "redb", Place::file("redb"));
        on_every_store!($proof, $rounds, on_tiered "Tiered", Place::file("tiered"));
        on_every_store!($proof, $rounds, #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")] on_postgres "PostgreSQL", Place::database("SCS_POSTGRES_URL").await);
        on_every_store!($proof, $rounds, #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")] on_mariadb "MariaDB", Place::database("SCS_MYSQL_URL").await);
        on_every_store!($proof, $rounds, #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")] on_redis "Redis", Place::keys("SCS_REDIS_URL"));
        on_every_store!($proof, $rounds, #[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")] on_redis_cluster "Redis Cluster", Place::keys("SCS_REDIS_CLUSTER_URL"));
        on_every_store!($proof, $rounds, #[cfg_attr(not(redis_sentinel), ignore = "set SCS_REDIS_SENTINEL_URL")] on_redis_sentinel "Redis Sentinel", Place::keys("SCS_REDIS_SENTINEL_URL"));
        on_every_store!($proof, $rounds, #[cfg_attr(not(valkey), ignore = "set SCS_VALKEY_URL")] on_valkey "Valkey", Place::keys("SCS_VALKEY_URL"));
    };
    ($proof:ident, $rounds:expr, $(#[$attribute:meta])* $test:ident $store:literal, $place:expr) => {
        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $test() {
            let place = $place;
            let proof = crate::ledger::Proof { name: stringify!($proof), store: $store, rounds: $rounds };
            proof.prove(async |rounds| $proof(&place, rounds).await).await;
        }
    };
}

mod ambiguous;
mod cancellation;
mod claims;
mod counters;
mod faults;
mod finding;
mod history;
mod kills;
mod limits;
mod lost_updates;
mod model;
mod nodes;
mod outage;
mod resurrections;
mod rotation;
mod schedules;
mod sealed;
mod servers;
mod soak;
mod strangers;
mod thief;
mod unread_answers;
mod web;
