//! PostgreSQL behind a pooler that gives each transaction another connection.

use std::str::FromStr as _;

use scs::{
    SessionId,
    conformance::Harness,
    store::{Created, Entry, Limit as _, Store as _, StoreErrorKind, Term, Updated},
};
use scs_stores::PostgresStore;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::task::JoinSet;

use super::{
    Tables,
    postgres::{drop_tables, url},
};
use crate::support::{MINUTE, PgBouncer};

/// Fewer connections to the server than the store has to the pooler.
const CONNECTIONS: usize = 3;

struct Pooled {
    pooler: PgBouncer,
    tables: Tables,
}

impl Pooled {
    fn new() -> Self {
        Self { pooler: PgBouncer::start(CONNECTIONS), tables: Tables::new(drop_tables) }
    }

    fn url(&self) -> String {
        format!("{}?pooler=transaction", self.pooler.url("transaction"))
    }
}

impl Harness for Pooled {
    type Store = PostgresStore;

    async fn store(&self) -> PostgresStore {
        let store = PostgresStore::connect(&self.url()).await.unwrap().with_table(&self.tables.name).unwrap();
        store.migrate().await.unwrap();
        store
    }

    /// As an application's pool.
    async fn another(&self, _: &PostgresStore) -> PostgresStore {
        let options = PgConnectOptions::from_str(&self.pooler.url("transaction")).unwrap();
        let pool = PgPoolOptions::new().connect_lazy_with(options.extra_float_digits(None));
        PostgresStore::new(pool).with_table(&self.tables.name).unwrap().behind_pooler()
    }
}

scs::conformance!(
    #[cfg_attr(not(all(postgres, pgbouncer)), ignore = "set SCS_POSTGRES_URL and SCS_PGBOUNCER")]
    kit: Pooled::new() => store, iterate, index, limit, purge
);

async fn live(store: &PostgresStore, id: SessionId, term: Term) {
    let entry = Entry::new("new", MINUTE).with_terms(vec![term], Vec::new());
    let _ = store.admit(term, id, 1, MINUTE).await.unwrap();
    assert_eq!(store.create(id, &entry).await.unwrap(), Created::Created);
    let changed = Entry::new("changed", MINUTE).with_unchanged_terms(vec![term]);
    assert_eq!(store.update(id, entry.revision(), &changed).await.unwrap(), Updated::Updated);
    assert_eq!(store.load(id).await.unwrap().unwrap().payload(), "changed");
    store.touch(id, changed.revision(), 2 * MINUTE).await.unwrap();
    assert!(store.delete(id).await.unwrap());
}

#[cfg_attr(not(all(postgres, pgbouncer)), ignore = "set SCS_POSTGRES_URL and SCS_PGBOUNCER")]
#[tokio::test]
async fn of_two_processes_that_share_a_pooler_no_call_fails() {
    let pooled = Pooled::new();
    let first = pooled.store().await;
    let mut visitors = JoinSet::new();
    for number in 0..40_u8 {
        let store = if number % 2 == 0 { first.clone() } else { pooled.another(&first).await };
        visitors.spawn(async move {
            for visit in 0..25_u8 {
                let name = [[number, visit]; 8].concat().try_into().unwrap();
                live(&store, SessionId::from_bytes(name), Term::from_bytes(name)).await;
            }
        });
    }
    visitors.join_all().await;
}

#[cfg_attr(not(all(postgres, pgbouncer)), ignore = "set SCS_POSTGRES_URL and SCS_PGBOUNCER")]
#[tokio::test]
async fn a_pooler_that_the_store_was_not_told_of_is_named_with_the_setting() {
    let (pooler, tables) = (PgBouncer::start(1), Tables::new(drop_tables));
    PostgresStore::connect(&url()).await.unwrap().with_table(&tables.name).unwrap().migrate().await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let store = PostgresStore::connect(&pooler.url("transaction")).await.unwrap().with_table(&tables.name).unwrap();
        answers.push(store.load(SessionId::from_bytes([1; 16])).await);
    }
    // Both call their first statement by the same name.
    let refused = answers.into_iter().find_map(Result::err).unwrap();
    assert!(refused.to_string().contains("`pooler=transaction`"), "{refused}");
    assert_eq!(refused.kind(), StoreErrorKind::Configuration);
}

#[cfg_attr(not(all(postgres, pgbouncer)), ignore = "set SCS_POSTGRES_URL and SCS_PGBOUNCER")]
#[tokio::test]
async fn a_parameter_that_the_pooler_does_not_know_is_named() {
    let pooler = PgBouncer::start(1);
    let pool = PgPoolOptions::new().connect_lazy(&pooler.url("transaction")).unwrap();
    let refused = PostgresStore::new(pool).behind_pooler().migrate().await.unwrap_err();
    assert!(refused.to_string().contains("`ignore_startup_parameters`"), "{refused}");
    assert_eq!(refused.kind(), StoreErrorKind::Configuration);
}

#[cfg_attr(not(all(postgres, pgbouncer)), ignore = "set SCS_POSTGRES_URL and SCS_PGBOUNCER")]
#[tokio::test]
async fn a_pooler_that_lends_a_connection_for_a_statement_is_refused() {
    let pooler = PgBouncer::start(CONNECTIONS);
    let refused = PostgresStore::connect(&format!("{}?pooler=transaction", pooler.url("statement"))).await.unwrap_err();
    assert!(refused.to_string().contains("`pool_mode`"), "{refused}");
    assert_eq!(refused.kind(), StoreErrorKind::Configuration);
    for mode in ["statement", "session", ""] {
        let refused =
            PostgresStore::connect(&format!("{}?pooler={mode}", pooler.url("transaction"))).await.unwrap_err();
        assert!(refused.to_string().contains("is not `transaction`"), "{refused}");
    }
}
