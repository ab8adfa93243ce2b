//! Sessions of others, each under a term of its own.

use std::{sync::Arc, time::Duration};

use scs::{
    SessionId,
    store::{Bytes, Created, Entry, Store as _, Term},
};
use scs_stores::RedisStore;
use sqlx::PgPool;

const LIFETIME: Duration = Duration::from_hours(24);

/// Rows that one statement writes.
const ROWS: u64 = 10_000;

const RECORDS: &str = r#"
INSERT INTO "scs_sessions" ("id", "revision", "expires", "payload")
SELECT "id", 1, now() + interval '1 day', $2 FROM unnest($1::bytea[]) AS "id""#;
const TERMS: &str = r#"
INSERT INTO "scs_sessions_terms" ("term", "id", "held", "attached", "expires")
SELECT "term", "id", true, now(), now() + interval '1 day' FROM unnest($1::bytea[], $2::bytea[]) AS "of" ("term", "id")"#;

/// Writers of Redis.
const WRITERS: u64 = 64;

/// The id of one of them.
pub fn id(number: u64) -> [u8; 16] {
    scattered(number)
}

/// A number that tells nothing of the ones beside it.
fn scattered(number: u64) -> [u8; 16] {
    let half = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
    (u128::from(half) << 64 | u128::from(number)).to_be_bytes()
}

pub async fn postgres(pool: &PgPool, sessions: u64, record: &[u8]) {
    for first in (0..sessions).step_by(ROWS.try_into().expect("it is small")) {
        let numbers = first..sessions.min(first + ROWS);
        let ids: Vec<Vec<u8>> = numbers.clone().map(|number| id(number).to_vec()).collect();
        let terms: Vec<Vec<u8>> = numbers.map(|number| scattered(!number).to_vec()).collect();
        sqlx::query(RECORDS).bind(&ids).bind(record).execute(pool).await.expect("PostgreSQL has room");
        sqlx::query(TERMS).bind(&terms).bind(&ids).execute(pool).await.expect("PostgreSQL has room");
    }
    sqlx::query("VACUUM ANALYZE").execute(pool).await.expect("PostgreSQL cleans up");
}

pub async fn redis(store: &RedisStore, sessions: u64, record: Vec<u8>) {
    let (store, record) = (Arc::new(store.clone()), Bytes::from(record));
    let writers = (0..WRITERS).map(|first| {
        let (store, record) = (Arc::clone(&store), record.clone());
        tokio::spawn(async move {
            for number in (first..sessions).step_by(64) {
                let terms = vec![Term::from_bytes(scattered(!number))];
                let entry = Entry::new(record.clone(), LIFETIME).with_terms(terms, Vec::new());
                let created = store.create(SessionId::from_bytes(id(number)), &entry).await;
                assert_eq!(created.expect("Redis has room"), Created::Created);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for writer in writers {
        writer.await.expect("no write fails");
    }
}
