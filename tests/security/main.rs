//! The security suite: each rule of docs/security.md from outside, over HTTP where it is visible there.
//!
//! A test begins with the name of its rule: `tok_5_…` shows TOK-5. `lessons` are the holes of other libraries.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "counts are small numbers")]

/// Makes `async fn $test(place: Place)` a test on every store.
macro_rules! on_every_store {
    ($test:ident) => {
        mod $test {
            use crate::support::Place;

            on_every_store!($test, on_memory, Place::memory());
            on_every_store!($test, on_sqlite, Place::file("sqlite"));
            on_every_store!($test, on_redb, Place::file("redb"));
            on_every_store!($test, on_tiered, Place::file("tiered"));
            on_every_store!($test, #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")] on_postgres, Place::database("SCS_POSTGRES_URL").await);
            on_every_store!($test, #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")] on_mariadb, Place::database("SCS_MYSQL_URL").await);
            on_every_store!($test, #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")] on_redis, Place::keys("SCS_REDIS_URL"));
        }
    };
    ($test:ident, $(#[$attribute:meta])* $store:ident, $place:expr) => {
        $(#[$attribute])*
        #[tokio::test]
        async fn $store() {
            super::$test($place).await;
        }
    };
}

mod app;
mod at_rest;
mod caching;
mod cookies;
mod csrf;
mod dump;
mod flood;
mod headers;
mod lessons;
mod lifetimes;
mod logs;
mod noise;
mod parsing;
mod renewal;
mod sealed;
mod stores;
mod supply;
#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;
mod termination;
mod tokens;
