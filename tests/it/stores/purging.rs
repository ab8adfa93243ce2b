//! Expired records are purged in small batches that hold nobody up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use scs::{
    SessionId,
    store::{Created, Entry, Purge, Store, Term},
};
use scs_stores::{MySqlStore, PostgresStore, SqliteDurability, SqliteStore};
use sqlx::{MySqlPool, PgPool};

use crate::support::{DatabaseServer, Folder, HOUR, Kind};

fn id(number: u32) -> SessionId {
    SessionId::from_bytes(u128::from(number).to_be_bytes())
}

/// Many expired records, some live ones, and several processes that purge at once.
async fn purges_in_batches(store: impl Purge + Clone) {
    for number in 0..2_345 {
        let _ = store.create(id(number), &Entry::new("expired", Duration::ZERO)).await.unwrap();
    }
    let live = Entry::new("live", HOUR);
    for number in 10_000..10_020 {
        let _ = store.create(id(number), &live).await.unwrap();
    }
    let [one, two] =
        [store.clone(), store.clone()].map(|store| tokio::spawn(async move { store.purge(1_000_000).await.unwrap() }));
    let (one, two) = (one.await.unwrap(), two.await.unwrap());
    // What one of them holds the other leaves to it.
    let left = store.purge(1_000_000).await.unwrap();
    assert_eq!(one + two + left, 2_345, "each is counted once");
    for number in 10_000..10_020 {
        assert_eq!(store.load(id(number)).await.unwrap().unwrap().payload(), "live");
    }
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_purges_in_batches_and_two_at_once() {
    let server = DatabaseServer::start(Kind::Postgres, &["-c", "fsync=off"]).await;
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    purges_in_batches(store).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_purges_in_batches_and_two_at_once() {
    let server = DatabaseServer::start(Kind::MariaDb, &["--innodb-flush-log-at-trx-commit=0"]).await;
    let store = MySqlStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    purges_in_batches(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_purges_in_batches_and_two_at_once() {
    let folder = Folder::new("sqlite_purge");
    let store =
        SqliteStore::builder(folder.file("sessions.db")).durability(SqliteDurability::ProcessEnd).open().unwrap();
    store.migrate().await.unwrap();
    purges_in_batches(store).await;
}

/// As many as a reaper asks for at a time, and the sign-ins between two of its turns, which are fewer.
const BATCH: usize = 1000;
const SIGN_INS: u32 = 900;

/// Sign-ins that end as fast as they come. Each is found under three terms.
async fn what_is_left_does_not_grow(store: impl Purge, rows: impl AsyncFn() -> i64) {
    for period in 0..3 {
        for number in 0..SIGN_INS {
            let number = period * SIGN_INS + number;
            let terms = (0..3).map(|field| Term::from_bytes((u128::from(number) << 8 | field).to_be_bytes()));
            let entry = Entry::new("expired", Duration::ZERO).with_terms(terms.collect(), Vec::new());
            assert_eq!(store.create(id(number), &entry).await.unwrap(), Created::Created);
        }
        assert_eq!(store.purge(BATCH).await.unwrap(), SIGN_INS as usize, "only records count");
        assert_eq!(rows().await, 0, "after period {period}");
    }
}

const ROWS: &str = "SELECT (SELECT count(*) FROM scs_sessions) + (SELECT count(*) FROM scs_sessions_terms)";

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_nothing_of_sign_ins_that_have_ended() {
    let server = DatabaseServer::start(Kind::Postgres, &["-c", "fsync=off"]).await;
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let pool = PgPool::connect(&server.url()).await.unwrap();
    what_is_left_does_not_grow(store, async || sqlx::query_scalar(ROWS).fetch_one(&pool).await.unwrap()).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_keeps_nothing_of_sign_ins_that_have_ended() {
    let server = DatabaseServer::start(Kind::MariaDb, &["--innodb-flush-log-at-trx-commit=0"]).await;
    let store = MySqlStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let pool = MySqlPool::connect(&server.url()).await.unwrap();
    what_is_left_does_not_grow(store, async || sqlx::query_scalar(ROWS).fetch_one(&pool).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_nothing_of_sign_ins_that_have_ended() {
    let folder = Folder::new("sqlite_purge");
    let file = folder.file("sessions.db");
    let store = SqliteStore::builder(&file).durability(SqliteDurability::ProcessEnd).open().unwrap();
    store.migrate().await.unwrap();
    let reader = rusqlite::Connection::open(&file).unwrap();
    what_is_left_does_not_grow(store, async || reader.query_row(ROWS, [], |row| row.get(0)).unwrap()).await;
}

/// Times, the longest last.
struct Times(Vec<Duration>);

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The longest of the shortest so many percent.
    fn at(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

/// Visits until told to end; how long each took.
async fn visits(store: impl Store, number: u32, is_over: Arc<AtomicBool>) -> Vec<Duration> {
    let (id, entry, mut times) = (id(number), || Entry::new(vec![7; 300], HOUR), Vec::new());
    let _ = store.create(id, &entry()).await.unwrap();
    while !is_over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let found = store.load(id).await.unwrap().expect("a live record is never purged");
        let _ = store.update(id, found.revision(), &entry()).await.unwrap();
        times.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    times
}

/// Prints how long visits and batches take while a million expired records are purged.
async fn measure(name: &str, store: impl Purge + Clone) {
    let baseline = load(&store, async { tokio::time::sleep(Duration::from_secs(3)).await }).await;
    let (mut batches, mut purged, began) = (Vec::new(), 0, Instant::now());
    let during = load(&store, async {
        loop {
            let began = Instant::now();
            let batch = store.purge(500).await.unwrap();
            batches.push(began.elapsed());
            purged += batch;
            if batch == 0 {
                break;
            }
        }
    });
    let during = during.await;
    let took = began.elapsed();
    let batches = Times::of(batches);
    println!(
        "{name}: {purged} purged in {took:.1?}; batches of 500: median {:.1?}, longest {:.1?}; visits (load and update): 99 % within \
         {:.1?}, without purging {:.1?}",
        batches.at(50),
        batches.at(100),
        during.at(99),
        baseline.at(99),
    );
}

async fn load<S: Store + Clone>(store: &S, work: impl Future<Output = ()>) -> Times {
    let is_over = Arc::new(AtomicBool::new(false));
    let visitors: Vec<_> =
        (0..4).map(|n| tokio::spawn(visits(store.clone(), 20_000_000 + n, is_over.clone()))).collect();
    work.await;
    is_over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for visitor in visitors {
        times.extend(visitor.await.unwrap());
    }
    for number in 0..4 {
        store.delete(id(20_000_000 + number)).await.unwrap();
    }
    Times::of(times)
}

#[ignore = "a measurement: just purge"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_in_postgres() {
    let server = DatabaseServer::start(Kind::Postgres, &[]).await;
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let fill = "INSERT INTO scs_sessions SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), 1, now() - i * interval '1 ms', \
                decode(repeat('61', 300), 'hex') FROM generate_series(1, 1000000) AS i";
    sqlx::query(fill).execute(&PgPool::connect(&server.url()).await.unwrap()).await.unwrap();
    measure("PostgreSQL", store).await;
}

#[ignore = "a measurement: just purge"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_in_mariadb() {
    let server = DatabaseServer::start(Kind::MariaDb, &[]).await;
    let store = MySqlStore::connect(&server.url()).await.unwrap();
    store.migrate().await.unwrap();
    let fill = "INSERT INTO scs_sessions SELECT UNHEX(LPAD(HEX(seq), 32, '0')), 1, UTC_TIMESTAMP(6) - INTERVAL seq * 1000 MICROSECOND, \
                REPEAT('a', 300) FROM seq_1_to_1000000";
    sqlx::query(fill).execute(&MySqlPool::connect(&server.url()).await.unwrap()).await.unwrap();
    measure("MariaDB", store).await;
}

#[ignore = "a measurement: just purge"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_in_sqlite() {
    let folder = Folder::new("sqlite_purge");
    let store =
        SqliteStore::builder(folder.file("sessions.db")).durability(SqliteDurability::ProcessEnd).open().unwrap();
    store.migrate().await.unwrap();
    for number in 0..1_000_000 {
        let _ = store.create(id(number), &Entry::new(vec![7; 300], Duration::ZERO)).await.unwrap();
    }
    measure("SQLite", store).await;
}
