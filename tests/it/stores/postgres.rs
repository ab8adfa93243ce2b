//! PostgreSQL, also as CockroachDB behaves.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use scs::{
    SessionId,
    conformance::Harness,
    store::{Created, Entry, Index as _, Store as _, Term, Updated},
};
use scs_stores::PostgresStore;
use sqlx::{Executor as _, PgPool, postgres::PgPoolOptions};
use tokio::task::JoinSet;

use super::{Tables, ZONES, keeps_time};
use crate::support::{MINUTE, unique};

pub(super) struct Postgres {
    tables: Tables,
    options: &'static str,
}

impl Postgres {
    pub(super) fn new(options: &'static str) -> Self {
        Self { tables: Tables::new(drop_tables), options }
    }
}

pub(super) fn drop_tables(statement: String) {
    let run = async move {
        let pool = PgPool::connect(&url()).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(run);
}

impl Harness for Postgres {
    type Store = PostgresStore;

    async fn store(&self) -> PostgresStore {
        let url = format!("{}?options={}", url(), self.options);
        let store = PostgresStore::connect(&url).await.unwrap().with_table(&self.tables.name).unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn another(&self, _: &PostgresStore) -> PostgresStore {
        self.store().await
    }
}

scs::conformance!(
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    kit: Postgres::new("") => store, iterate, index, limit, purge
);

// CockroachDB knows no weaker isolation, and asks its clients to try again.
scs::conformance!(
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    serializable: Postgres::new("-c%20default_transaction_isolation=serializable") => store, iterate, index, limit, purge
);

scs::conformance!(
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    repeatable_read: Postgres::new("-c%20default_transaction_isolation=repeatable%5C%20read") => store, iterate, index, limit, purge
);

// Settings of a user that could change what a statement means.
scs::conformance!(
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    odd_settings: Postgres::new(
        "-c%20bytea_output=escape%20-c%20standard_conforming_strings=off%20-c%20synchronous_commit=off\
         %20-c%20transform_null_equals=on%20-c%20session_replication_role=replica%20-c%20plan_cache_mode=force_generic_plan",
    ) => store, iterate, index, limit, purge
);

pub(super) fn url() -> String {
    std::env::var("SCS_POSTGRES_URL").unwrap()
}

/// A store in a schema of its own.
struct Own {
    store: PostgresStore,
    pool: PgPool,
    schema: String,
}

impl Own {
    async fn new() -> Self {
        Self::with(PgPoolOptions::new()).await
    }

    async fn with(options: PgPoolOptions) -> Self {
        let (pool, schema) = (options.connect(&url()).await.unwrap(), unique("schema"));
        run(&pool, format!("CREATE SCHEMA {schema}")).await;
        let store = PostgresStore::new(pool.clone()).with_schema(&schema).unwrap();
        store.migrate().await.unwrap();
        Self { store, pool, schema }
    }

    async fn drop(self) {
        run(&self.pool, format!("DROP SCHEMA {} CASCADE", self.schema)).await;
    }
}

async fn run(pool: &PgPool, script: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(pool).await.unwrap();
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn records_live_as_long_in_every_time_zone() {
    for zone in ZONES {
        let options = PgPoolOptions::new().after_connect(move |connection, _| {
            let set = sqlx::AssertSqlSafe(format!("SET TIME ZONE '{zone}'"));
            Box::pin(async move { connection.execute(set).await.map(drop) })
        });
        let own = Own::with(options).await;
        keeps_time(&own.store).await;
        own.drop().await;
    }
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn migrating_at_once_in_many_processes_does_no_harm() {
    let own = Own::new().await;
    let mut processes = JoinSet::new();
    for _ in 0..16 {
        let schema = own.schema.clone();
        processes.spawn(async move {
            let store = PostgresStore::connect(&url()).await.unwrap().with_schema(&schema).unwrap();
            store.with_table("others").unwrap().migrate().await.unwrap();
        });
    }
    while let Some(migrated) = processes.join_next().await {
        migrated.unwrap();
    }
    own.drop().await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn schemas_and_tables_keep_applications_apart() {
    let (own, id) = (Own::new().await, SessionId::from_bytes([1; 16]));
    let other = own.store.clone().with_table("other sessions".replace(' ', "_").as_str()).unwrap();
    other.migrate().await.unwrap();
    let _ = own.store.create(id, &Entry::new("one", MINUTE)).await.unwrap();
    assert_eq!(other.create(id, &Entry::new("two", MINUTE)).await.unwrap(), Created::Created);
    assert!(other.delete(id).await.unwrap());
    assert_eq!(own.store.load(id).await.unwrap().unwrap().payload(), "one");
    own.drop().await;
}

/// Makes the next statements that write fail with an SQLSTATE.
async fn fail(own: &Own, state: &str, times: u32) {
    let Own { schema, .. } = own;
    let script = format!(
        "CREATE OR REPLACE FUNCTION {schema}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('{schema}.failures') <= {times} THEN RAISE EXCEPTION USING ERRCODE = '{state}'; END IF;
             RETURN NULL;
         END $$;
         DROP SEQUENCE IF EXISTS {schema}.failures;
         CREATE SEQUENCE {schema}.failures;
         CREATE OR REPLACE TRIGGER fail AFTER INSERT OR UPDATE OR DELETE ON {schema}.scs_sessions
             FOR EACH STATEMENT EXECUTE FUNCTION {schema}.fail();"
    );
    run(&own.pool, script).await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn what_could_not_be_serialised_is_tried_again() {
    let (own, id, term) = (Own::new().await, SessionId::from_bytes([1; 16]), Term::from_bytes([2; 16]));
    let (one, two) = (Entry::new("one", MINUTE), Entry::new("two", MINUTE).with_terms(vec![term], Vec::new()));
    for state in ["40001", "40P01"] {
        fail(&own, state, 5).await;
        assert_eq!(own.store.create(id, &one).await.unwrap(), Created::Created);
        fail(&own, state, 5).await;
        assert_eq!(own.store.update(id, one.revision(), &two).await.unwrap(), Updated::Updated);
        assert_eq!(own.store.find(term, None, 10).await.unwrap().items, [id]);
        fail(&own, state, 5).await;
        own.store.touch(id, two.revision(), 2 * MINUTE).await.unwrap();
        assert!(own.store.load(id).await.unwrap().unwrap().ttl() > MINUTE);
        fail(&own, state, 5).await;
        assert!(own.store.delete(id).await.unwrap());
        assert!(own.store.find(term, None, 10).await.unwrap().items.is_empty());
    }
    own.drop().await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn any_other_error_is_not_tried_again() {
    let (own, id) = (Own::new().await, SessionId::from_bytes([1; 16]));
    fail(&own, "P0001", 1).await;
    assert!(own.store.create(id, &Entry::new("one", MINUTE)).await.is_err());
    own.drop().await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn an_application_may_give_its_own_pool() {
    let own = Own::new().await;
    let _ = own.store.create(SessionId::from_bytes([1; 16]), &Entry::new("one", MINUTE)).await.unwrap();
    let count = format!("SELECT count(*) FROM {}.scs_sessions", own.schema);
    let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&own.pool).await.unwrap();
    assert_eq!(rows, 1);
    own.drop().await;
}

/// It became a replica: new connections lead to it all the same.
#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_takes_no_writes_is_not_stormed_with_connections() {
    let (own, made) = (Own::new().await, Arc::new(AtomicUsize::new(0)));
    let pool = PgPoolOptions::new().max_connections(10).after_connect({
        let made = made.clone();
        move |connection, _| {
            made.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { connection.execute("SET default_transaction_read_only = on").await.map(drop) })
        }
    });
    let pool = pool.connect(&url()).await.unwrap();
    let store = PostgresStore::new(pool).with_schema(&own.schema).unwrap();
    let mut calls = JoinSet::new();
    for number in 0..24 {
        let store = store.clone();
        calls.spawn(async move { store.create(SessionId::from_bytes([number; 16]), &Entry::new("one", MINUTE)).await });
    }
    while let Some(created) = calls.join_next().await {
        let error = created.unwrap().unwrap_err();
        assert!(error.to_string().contains("takes no writes"), "{error}");
    }
    let made = made.load(Ordering::Relaxed);
    assert!(made <= 30, "{made} connections for 24 calls on a pool of ten");
    own.drop().await;
}
