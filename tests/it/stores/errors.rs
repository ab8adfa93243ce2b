//! What goes wrong in a database is a typed error that says what to do, and loses nothing.

use std::{
    fs,
    time::{Duration, Instant},
};

use scs::{
    SessionId,
    store::{Entry, Purge, Store, StoreError, StoreErrorKind},
};
use scs_stores::{MySqlStore, PostgresStore, SqliteDurability, SqliteStore, open};
use sqlx::{Executor as _, mysql::MySqlPoolOptions, postgres::PgPoolOptions};

use crate::support::{DatabaseServer, Folder, Kind, MINUTE, SECOND, SmallDisk, unique};

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

/// The kind of an error whose text has these words.
fn kind<T>(result: Result<T, StoreError>, words: &str) -> StoreErrorKind {
    let Err(error) = result else { panic!("an error is due, with the words `{words}`") };
    let text = error.to_string();
    assert!(text.contains(words), "`{text}` does not have the words `{words}`");
    assert!(!text.contains("secret"), "`{text}` has the password");
    assert!(!format!("{error:?}").contains("secret"), "`{error:?}` has the password");
    error.kind()
}

async fn opening(url: &str, words: &str) {
    let error = open(url).await.err().unwrap_or_else(|| panic!("`{url}` is wrong")).to_string();
    assert!(error.contains(words), "`{error}` does not have the words `{words}`");
    assert!(!error.contains("secret"), "`{error}` has the password");
}

#[tokio::test]
async fn a_url_of_no_store_names_those_there_are() {
    opening("mongodb://u:secret@h/d", "no session store has a URL like this; it begins with memory, ").await;
    opening("", "no session store has a URL like this").await;
    opening("postgres", "postgres://user:password@host").await;
    opening("postgres://u:secret@[", "postgres://user:password@host").await;
    opening("mysql://u:secret@h:port/d", "mysql://user:password@host").await;
}

#[tokio::test]
async fn an_address_where_nothing_listens_is_unavailable() {
    let url = "postgres://u:secret@127.0.0.1:1/d";
    assert_eq!(kind(PostgresStore::connect(url).await, "check that it is up"), StoreErrorKind::Unavailable);
    let url = "mysql://u:secret@127.0.0.1:1/d";
    assert_eq!(kind(MySqlStore::connect(url).await, "check that it is up"), StoreErrorKind::Unavailable);
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn postgres_says_what_is_wrong_with_the_url() {
    let server = DatabaseServer::start(Kind::Postgres, &[]).await;
    fs::write(server.file("pg_hba.conf"), "host all all 127.0.0.1/32 password\n").unwrap();
    let pool = PgPoolOptions::new().connect(&server.url()).await.unwrap();
    pool.execute("ALTER USER postgres PASSWORD 'right'").await.unwrap();
    pool.execute("SELECT pg_reload_conf()").await.unwrap();
    let url = |user| server.url().replace("//postgres@", user);

    let store = PostgresStore::connect(&url("//postgres:right@")).await.unwrap();
    store.migrate().await.unwrap();
    let wrong = PostgresStore::connect(&url("//postgres:secret@")).await;
    assert_eq!(kind(wrong, "check name, password"), StoreErrorKind::Configuration);
    let wrong = PostgresStore::connect(&url("//nobody:secret@")).await;
    assert_eq!(kind(wrong, "check name, password"), StoreErrorKind::Configuration);
    let wrong = PostgresStore::connect(&format!("{}_missing", url("//postgres:right@"))).await;
    assert_eq!(kind(wrong, "no database of this name"), StoreErrorKind::Configuration);
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn mariadb_says_what_is_wrong_with_the_url() {
    let server = DatabaseServer::start(Kind::MariaDb, &[]).await;
    let wrong = MySqlStore::connect(&server.url().replace("root@", "root:secret@")).await;
    assert_eq!(kind(wrong, "check name, password"), StoreErrorKind::Configuration);
    let wrong = MySqlStore::connect(&server.url().replace("/mysql", "/nothing")).await;
    assert_eq!(kind(wrong, "no database of this name"), StoreErrorKind::Configuration);
}

/// A store whose tables are missing, and one whose table is of something else.
async fn tables_are_missing_or_others(store: &impl Store, other: &impl Store) {
    let (id, entry) = (id(1), Entry::new("x", MINUTE));
    assert_eq!(kind(store.load(id).await, "call `migrate`"), StoreErrorKind::Configuration);
    assert_eq!(kind(store.create(id, &entry).await, "call `migrate`"), StoreErrorKind::Configuration);
    assert_eq!(kind(other.load(id).await, "choose another name"), StoreErrorKind::Configuration);
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn tables_that_are_missing_or_others_are_told_in_postgres() {
    let store = PostgresStore::connect(&std::env::var("SCS_POSTGRES_URL").unwrap()).await.unwrap();
    let other = store.clone().with_schema("pg_catalog").unwrap().with_table("pg_class").unwrap();
    tables_are_missing_or_others(&store.with_table(&unique("missing")).unwrap(), &other).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn tables_that_are_missing_or_others_are_told_in_mariadb() {
    let store = MySqlStore::connect(&std::env::var("SCS_MYSQL_URL").unwrap()).await.unwrap();
    let other = store.clone().with_database("information_schema").unwrap().with_table("tables").unwrap();
    tables_are_missing_or_others(&store.with_table(&unique("missing")).unwrap(), &other).await;
}

#[tokio::test]
async fn tables_that_are_missing_or_others_are_told_in_sqlite() {
    let folder = Folder::new("sqlite_tables");
    let store = SqliteStore::open(folder.file("sessions.db")).unwrap();
    let other = store.clone().with_table("sqlite_master").unwrap();
    tables_are_missing_or_others(&store, &other).await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn a_pool_without_a_free_connection_is_a_timeout_in_postgres() {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(100));
    let pool = pool.connect(&std::env::var("SCS_POSTGRES_URL").unwrap()).await.unwrap();
    let _only = pool.acquire().await.unwrap();
    let store = PostgresStore::new(pool.clone());
    assert_eq!(kind(store.load(id(1)).await, "the pool is too small"), StoreErrorKind::Timeout);
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_pool_without_a_free_connection_is_a_timeout_in_mariadb() {
    let pool = MySqlPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(100));
    let pool = pool.connect(&std::env::var("SCS_MYSQL_URL").unwrap()).await.unwrap();
    let store = MySqlStore::new(pool.clone()).await.unwrap();
    let _only = pool.acquire().await.unwrap();
    assert_eq!(kind(store.load(id(1)).await, "the pool is too small"), StoreErrorKind::Timeout);
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn connections_that_are_not_in_strict_mode_are_refused() {
    let pool = MySqlPoolOptions::new().after_connect(|connection, _| {
        Box::pin(async move { connection.execute("SET SESSION sql_mode = ''").await.map(drop) })
    });
    let pool = pool.connect(&std::env::var("SCS_MYSQL_URL").unwrap()).await.unwrap();
    assert_eq!(kind(MySqlStore::new(pool).await, "STRICT_ALL_TABLES"), StoreErrorKind::Configuration);
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_record_that_is_too_large_for_mariadb_is_refused_and_the_former_kept() {
    let server = DatabaseServer::start(Kind::MariaDb, &["--max-allowed-packet=1M"]).await;
    let store = MySqlStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let one = Entry::new("one", MINUTE);
    let _ = store.create(id(1), &one).await.unwrap();
    // The server refuses a packet that is a little too large, and ends the connection without a word at a larger one.
    for size in [1 << 20, 2 << 20, 40 << 20] {
        let large = Entry::new(vec![7; size], MINUTE);
        let begun = Instant::now();
        let refused = store.update(id(1), one.revision(), &large).await;
        assert_eq!(kind(refused, "largest packet"), StoreErrorKind::TooLarge);
        assert_eq!(kind(store.create(id(2), &large).await, "largest packet"), StoreErrorKind::TooLarge);
        assert!(begun.elapsed() < SECOND, "it was tried again");
    }
    assert_eq!(store.load(id(1)).await.unwrap().unwrap().payload(), "one");
}

/// 60,000 bytes that no database can keep in less.
fn incompressible(seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed) << 32 | 0x9e37_79b9;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(60_000).collect()
}

/// Fills a store until it says that it is full, and shows that nothing is lost and that purging helps.
async fn fills_up(store: &impl Purge) {
    let kept = Entry::new(vec![1; 1000], MINUTE);
    let _ = store.create(id(1), &kept).await.unwrap();
    let mut sessions = 0_u32;
    let refused = loop {
        sessions += 1;
        let id = SessionId::from_bytes(u128::from(sessions).to_be_bytes());
        let entry = Entry::new(incompressible(sessions), Duration::from_millis(1));
        if let Err(error) = store.create(id, &entry).await {
            break error;
        }
        assert!(sessions < 1000, "60 MB fit into 4 MiB");
    };
    assert_eq!(kind::<()>(Err(refused), "free some"), StoreErrorKind::Full);
    assert_eq!(store.load(id(1)).await.unwrap().unwrap().revision(), kept.revision());
    assert!(store.purge(1000).await.unwrap() > 10, "purging needs no room");
}

#[cfg_attr(not(mounts), ignore = "a file system cannot be mounted here")]
#[tokio::test]
async fn a_full_disk_is_told_by_sqlite_and_nothing_is_lost() {
    let folder = Folder::new("sqlite_full");
    let _disk = SmallDisk::mount(folder.path());
    let builder = SqliteStore::builder(folder.file("sessions.db")).durability(SqliteDurability::PowerCut);
    let store = builder.open().unwrap();
    store.migrate().await.unwrap();
    fills_up(&store).await;
}

#[cfg_attr(not(all(postgres, mounts)), ignore = "needs SCS_POSTGRES_URL and a file system that can be mounted")]
#[tokio::test]
async fn a_full_disk_is_told_by_postgres_and_nothing_is_lost() {
    let folder = Folder::new("postgres_full");
    let _disk = SmallDisk::mount(folder.path());
    let server = DatabaseServer::start(Kind::Postgres, &[]).await;
    server.own(folder.path());
    let pool = PgPoolOptions::new().connect(&server.url()).await.unwrap();
    let space = format!("CREATE TABLESPACE small LOCATION '{}'", folder.path().display());
    sqlx::raw_sql(sqlx::AssertSqlSafe(space)).execute(&pool).await.unwrap();
    let url = format!("{}?options=-c%20default_tablespace=small", server.url());
    let store = PostgresStore::connect(&url).await.unwrap();
    store.migrate().await.unwrap();
    fills_up(&store).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_full_table_space_is_told_by_mariadb_and_nothing_is_lost() {
    // MariaDB itself goes down when a disk fills up under a table; it limits its own files better.
    let limits = ["--innodb-file-per-table=0", "--innodb-data-file-path=ibdata1:12M:autoextend:max:24M"];
    let server = DatabaseServer::start(Kind::MariaDb, &limits).await;
    let store = MySqlStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    fills_up(&store).await;
}

#[tokio::test]
async fn sqlite_says_what_is_wrong_with_the_file() {
    let folder = Folder::new("sqlite_files");
    let no_folder = SqliteStore::open(folder.file("missing/sessions.db"));
    assert_eq!(kind(no_folder, "its folder must be there"), StoreErrorKind::Configuration);
    assert_eq!(kind(SqliteStore::open(folder.path()), "cannot be opened"), StoreErrorKind::Configuration);
    fs::write(folder.file("letter.txt"), "Dear SQLite, ".repeat(1000)).unwrap();
    let no_database = SqliteStore::open(folder.file("letter.txt"));
    assert_eq!(kind(no_database, "not one of SQLite"), StoreErrorKind::Configuration);
    assert!(fs::read_to_string(folder.file("letter.txt")).unwrap().starts_with("Dear"), "the letter is as it was");
}

#[tokio::test]
async fn names_that_could_end_a_quotation_are_refused() {
    let folder = Folder::new("sqlite_names");
    let store = SqliteStore::open(folder.file("sessions.db")).unwrap();
    let long = "a".repeat(49);
    for name in ["", "1a", "a b", "a\"; DROP TABLE users; --", "a`", "a.b", "ä", "a\0", &long] {
        assert_eq!(kind(store.clone().with_table(name), "letters, digits"), StoreErrorKind::Configuration);
    }
}
