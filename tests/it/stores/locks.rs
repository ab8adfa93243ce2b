//! What others hold: rows and tables that are locked while sessions are written.

use std::{future::Future, time::Duration};

use scs::{
    SessionId,
    store::{Entry, Purge, Store, StoreErrorKind, Updated},
};
use scs_stores::{MySqlStore, PostgresStore};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection};
use tokio::{task::JoinSet, time::timeout};

use super::{Tables, mysql, postgres};
use crate::support::{MINUTE, SECOND};

/// Longer than the machine is busy with anything else.
const SHORT: Duration = Duration::from_millis(700);

/// The id of the first record, as the servers read it.
const FIRST: &str = "'\\x01010101010101010101010101010101'";
const FIRST_OF_MARIADB: &str = "x'01010101010101010101010101010101'";

/// A server with a store's tables, and somebody who locks them.
trait Server: Sized {
    type Store: Store + Purge + Clone;

    async fn start() -> Self;
    fn store(&self) -> &Self::Store;
    /// Locks the first record, or the whole table, until it is let go.
    async fn lock(&mut self, table: bool);
    async fn let_go(&mut self);
    /// How many connections do something with these tables, and the one that locks is not among them.
    async fn connections(&mut self) -> i64;
}

struct Postgres {
    store: PostgresStore,
    locker: PgConnection,
    observer: PgConnection,
    tables: Tables,
}

impl Server for Postgres {
    type Store = PostgresStore;

    async fn start() -> Self {
        let tables = Tables::new(postgres::drop_tables);
        let store = PostgresStore::connect(&postgres::url()).await.unwrap().with_table(&tables.name).unwrap();
        store.migrate().await.unwrap();
        let locker = PgConnection::connect(&postgres::url()).await.unwrap();
        let observer = PgConnection::connect(&postgres::url()).await.unwrap();
        Self { store, locker, observer, tables }
    }

    fn store(&self) -> &PostgresStore {
        &self.store
    }

    async fn lock(&mut self, table: bool) {
        let lock = match table {
            true => format!("BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", self.tables.name),
            false => format!("BEGIN; SELECT id FROM {} WHERE id = {FIRST} FOR UPDATE", self.tables.name),
        };
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut self.locker).await.unwrap();
    }

    async fn let_go(&mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut self.locker).await.unwrap();
    }

    async fn connections(&mut self) -> i64 {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'scs' AND query LIKE $1";
        let tables = format!("%{}%", self.tables.name);
        sqlx::query_scalar(count).bind(tables).fetch_one(&mut self.observer).await.unwrap()
    }
}

struct MariaDb {
    store: MySqlStore,
    locker: MySqlConnection,
    observer: MySqlConnection,
    tables: Tables,
}

impl Server for MariaDb {
    type Store = MySqlStore;

    async fn start() -> Self {
        let tables = Tables::new(mysql::drop_tables);
        let store = MySqlStore::connect(&mysql::url()).await.unwrap().with_table(&tables.name).unwrap();
        store.migrate().await.unwrap();
        let locker = MySqlConnection::connect(&mysql::url()).await.unwrap();
        let observer = MySqlConnection::connect(&mysql::url()).await.unwrap();
        Self { store, locker, observer, tables }
    }

    fn store(&self) -> &MySqlStore {
        &self.store
    }

    async fn lock(&mut self, table: bool) {
        let lock = match table {
            true => format!("LOCK TABLES {0} WRITE, {0}_terms WRITE", self.tables.name),
            false => format!("BEGIN; SELECT id FROM {} WHERE id = {FIRST_OF_MARIADB} FOR UPDATE", self.tables.name),
        };
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut self.locker).await.unwrap();
    }

    async fn let_go(&mut self) {
        sqlx::raw_sql("ROLLBACK; UNLOCK TABLES").execute(&mut self.locker).await.unwrap();
    }

    async fn connections(&mut self) -> i64 {
        let count =
            "SELECT count(*) FROM information_schema.processlist WHERE info LIKE ? AND info NOT LIKE '%processlist%'";
        let tables = format!("%{}%", self.tables.name);
        sqlx::query_scalar(count).bind(tables).fetch_one(&mut self.observer).await.unwrap()
    }
}

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

/// Does something to a record that expires while it waits for the record's lock.
async fn while_it_expires<S: Server, T, F>(what: impl FnOnce(S::Store, Entry) -> F) -> (S, T)
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut server = S::start().await;
    let one = Entry::new("one", SHORT);
    let _ = server.store().create(id(1), &one).await.unwrap();
    server.lock(false).await;
    let waiting = tokio::spawn(what(server.store().clone(), one));
    tokio::time::sleep(2 * SHORT).await;
    server.let_go().await;
    let done = waiting.await.unwrap();
    (server, done)
}

async fn an_update_that_waited_until_its_session_expired_changes_nothing<S: Server>() {
    let update = |store: S::Store, one: Entry| async move {
        store.update(id(1), one.revision(), &Entry::new("two", MINUTE)).await
    };
    let (server, updated) = while_it_expires::<S, _, _>(update).await;
    assert_eq!(updated.unwrap(), Updated::Gone);
    assert!(server.store().load(id(1)).await.unwrap().is_none());
}

async fn a_touch_that_waited_until_its_session_expired_changes_nothing<S: Server>() {
    let touch = |store: S::Store, one: Entry| async move { store.touch(id(1), one.revision(), MINUTE).await };
    let (server, touched) = while_it_expires::<S, _, _>(touch).await;
    touched.unwrap();
    assert!(server.store().load(id(1)).await.unwrap().is_none());
}

async fn a_purge_passes_over_what_others_hold<S: Server>() {
    let mut server = S::start().await;
    let _ = server.store().create(id(1), &Entry::new("held", Duration::ZERO)).await.unwrap();
    let _ = server.store().create(id(2), &Entry::new("free", Duration::ZERO)).await.unwrap();
    server.lock(false).await;
    let purged = timeout(SECOND, server.store().purge(100)).await.expect("it waits for a row that somebody holds");
    assert_eq!(purged.unwrap(), 1);
    server.let_go().await;
    assert_eq!(server.store().purge(100).await.unwrap(), 1);
}

async fn a_lock_that_stays_is_a_time_out_in_words<S: Server>() {
    let mut server = S::start().await;
    let one = Entry::new("one", MINUTE);
    let _ = server.store().create(id(1), &one).await.unwrap();
    server.lock(false).await;
    let error = server.store().update(id(1), one.revision(), &Entry::new("two", MINUTE)).await.unwrap_err();
    server.let_go().await;
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    assert!(error.to_string().contains("a lock was not free in time"), "{error}");
}

/// Each of them would have left one behind that waits on.
async fn calls_that_are_given_up_have_no_more_connections_than_the_pool<S: Server>(table: bool) {
    let mut server = S::start().await;
    let one = Entry::new("one", MINUTE);
    let _ = server.store().create(id(1), &one).await.unwrap();
    server.lock(table).await;
    let (mut clients, mut most) = (JoinSet::new(), 0);
    for _ in 0..20 {
        let (store, revision) = (server.store().clone(), one.revision());
        clients.spawn(async move {
            for _ in 0..50 {
                let two = Entry::new("two", MINUTE);
                let _ = timeout(Duration::from_millis(100), store.update(id(1), revision, &two)).await;
            }
        });
    }
    while !clients.is_empty() {
        most = most.max(server.connections().await);
        let _ = timeout(Duration::from_millis(50), clients.join_next()).await;
    }
    server.let_go().await;
    assert!((1..=11).contains(&most), "{most} connections of a pool of ten");
    let worked = timeout(5 * SECOND, async { while server.store().load(id(1)).await.is_err() {} }).await;
    worked.expect("it works again once the lock is free");
}

async fn a_locked_row_holds_up_no_more_connections_than_the_pool_has<S: Server>() {
    calls_that_are_given_up_have_no_more_connections_than_the_pool::<S>(false).await;
}

async fn a_locked_table_holds_up_no_more_connections_than_the_pool_has<S: Server>() {
    calls_that_are_given_up_have_no_more_connections_than_the_pool::<S>(true).await;
}

macro_rules! on_every_server {
    ($promise:ident) => {
        mod $promise {
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
            async fn in_postgres() {
                super::$promise::<super::Postgres>().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
            async fn in_mariadb() {
                super::$promise::<super::MariaDb>().await;
            }
        }
    };
}

on_every_server!(an_update_that_waited_until_its_session_expired_changes_nothing);
on_every_server!(a_touch_that_waited_until_its_session_expired_changes_nothing);
on_every_server!(a_purge_passes_over_what_others_hold);
on_every_server!(a_lock_that_stays_is_a_time_out_in_words);
on_every_server!(a_locked_row_holds_up_no_more_connections_than_the_pool_has);
on_every_server!(a_locked_table_holds_up_no_more_connections_than_the_pool_has);
