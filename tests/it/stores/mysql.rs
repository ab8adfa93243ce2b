//! MySQL and MariaDB.

use std::time::Duration;

use scs::{
    SessionId,
    conformance::Harness,
    store::{Entry, Store as _, Updated},
};
use scs_stores::MySqlStore;
use sqlx::{Executor as _, MySqlPool, mysql::MySqlPoolOptions};
use tokio::task::JoinSet;

use super::{Tables, keeps_time};
use crate::support::MINUTE;

pub(super) struct MySql {
    tables: Tables,
}

impl MySql {
    pub(super) fn new() -> Self {
        Self { tables: Tables::new(drop_tables) }
    }
}

pub(super) fn drop_tables(statement: String) {
    let run = async move {
        let pool = MySqlPool::connect(&url()).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(run);
}

impl Harness for MySql {
    type Store = MySqlStore;

    async fn store(&self) -> MySqlStore {
        let store = MySqlStore::connect(&url()).await.unwrap().with_table(&self.tables.name).unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn another(&self, _: &MySqlStore) -> MySqlStore {
        self.store().await
    }
}

scs::conformance!(
    #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
    kit: MySql::new() => store, iterate, index, limit, purge
);

/// The same on connections of an application, which are at InnoDB's default isolation.
struct RepeatableRead(MySql);

impl Harness for RepeatableRead {
    type Store = MySqlStore;

    async fn store(&self) -> MySqlStore {
        let pool = MySqlPool::connect(&url()).await.unwrap();
        let store = MySqlStore::new(pool).await.unwrap().with_table(&self.0.tables.name).unwrap();
        store.migrate().await.unwrap();
        store
    }

    async fn another(&self, _: &MySqlStore) -> MySqlStore {
        self.store().await
    }
}

scs::conformance!(
    #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
    repeatable_read: RepeatableRead(MySql::new()) => store, iterate, index, limit, purge
);

pub(super) fn url() -> String {
    std::env::var("SCS_MYSQL_URL").unwrap()
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn records_live_as_long_in_every_time_zone() {
    // New York, Kathmandu and the farthest that MariaDB takes; names would need tables that servers often lack.
    for zone in ["-05:00", "+05:45", "+13:00"] {
        let pool = MySqlPoolOptions::new().after_connect(move |connection, _| {
            let set = sqlx::AssertSqlSafe(format!("SET time_zone = '{zone}'"));
            Box::pin(async move { connection.execute(set).await.map(drop) })
        });
        let tables = Tables::new(drop_tables);
        let store = MySqlStore::new(pool.connect(&url()).await.unwrap()).await.unwrap();
        let store = store.with_table(&tables.name).unwrap();
        store.migrate().await.unwrap();
        keeps_time(&store).await;
    }
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn migrating_at_once_in_many_processes_does_no_harm() {
    let tables = Tables::new(drop_tables);
    let mut processes = JoinSet::new();
    for _ in 0..16 {
        let name = tables.name.clone();
        processes.spawn(async move {
            let store = MySqlStore::connect(&url()).await.unwrap();
            store.with_table(&name).unwrap().migrate().await.unwrap();
        });
    }
    while let Some(migrated) = processes.join_next().await {
        migrated.unwrap();
    }
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_lock_that_passes_is_waited_for() {
    let (tables, id) = (Tables::new(drop_tables), SessionId::from_bytes([1; 16]));
    let pool = MySqlPoolOptions::new().after_connect(|connection, _| {
        Box::pin(async { connection.execute("SET SESSION innodb_lock_wait_timeout = 0").await.map(drop) })
    });
    let pool = pool.connect(&url()).await.unwrap();
    let store = MySqlStore::new(pool.clone()).await.unwrap().with_table(&tables.name).unwrap();
    store.migrate().await.unwrap();
    let one = Entry::new("one", MINUTE);
    let _ = store.create(id, &one).await.unwrap();

    let mut other = pool.begin().await.unwrap();
    let lock = format!("SELECT * FROM {} FOR UPDATE", tables.name);
    sqlx::query(sqlx::AssertSqlSafe(lock)).fetch_all(&mut *other).await.unwrap();
    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        other.rollback().await.unwrap();
    });
    assert_eq!(store.update(id, one.revision(), &Entry::new("two", MINUTE)).await.unwrap(), Updated::Updated);
    release.await.unwrap();
}
