//! What finding and ending the sessions of one account takes, with a thousand sessions in the store and with a million.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use scs::{
    Session, SessionManager,
    store::{AnyStore, Entry, Index, SessionId, Term},
};
use sqlx::{AssertSqlSafe, MySqlPool, PgPool};

use crate::support::{DatabaseServer, HOUR, Kind, Place, RedisServer};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
}

type Sessions = SessionManager<Visitor, AnyStore>;

const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
const ROUNDS: u32 = 100;
const DEVICES: u64 = 3;

/// How long one of each takes, with so many sessions of others in the store.
struct Times {
    find: Duration,
    revoke: Duration,
}

/// Signs three devices in to an account, lists them and ends them, again and again.
async fn times(store: &AnyStore) -> Times {
    let sessions = Sessions::new(store.clone());
    let mut times = Times { find: Duration::ZERO, revoke: Duration::ZERO };
    for account in 0..u64::from(ROUNDS) {
        for _ in 0..DEVICES {
            let session = sessions.open(None).await.unwrap();
            session.set_account(account);
            session.commit().await.unwrap();
        }
        let began = Instant::now();
        assert_eq!(sessions.find(Visitor::by_account(account)).await.unwrap().len() as u64, DEVICES);
        times.find += began.elapsed();
        let began = Instant::now();
        assert_eq!(sessions.revoke_all(Visitor::by_account(account)).await.unwrap(), DEVICES);
        times.revoke += began.elapsed();
    }
    Times { find: times.find / ROUNDS, revoke: times.revoke / ROUNDS }
}

/// Fills two stores and compares them.
async fn compare(name: &str, fill: impl AsyncFn(u64) -> AnyStore) {
    let (few, many) = (fill(FEW).await, fill(MANY).await);
    let mut rounds = Vec::new();
    for _ in 0..3 {
        rounds.push((times(&few).await, times(&many).await));
    }
    rounds.sort_by_key(|(_, many)| many.find);
    let (few, many) = &rounds[1];
    println!(
        "{name}: find {:.0?} among a thousand, {:.0?} among a million; revoke_all {:.0?} and {:.0?}",
        few.find, many.find, few.revoke, many.revoke,
    );
}

/// A number that tells nothing of the ones beside it.
fn scattered(number: u64) -> [u8; 16] {
    let half = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half.to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// Sessions of others, each under a term of its own.
async fn sessions_of_others<S: Index + Clone>(store: &S, count: u64) {
    let create = |number| {
        let (store, id) = (store.clone(), SessionId::from_bytes(scattered(number)));
        let entry = Entry::new(vec![7; 200], HOUR).with_terms(vec![Term::from_bytes(scattered(!number))], Vec::new());
        async move {
            let _ = store.create(id, &entry).await.unwrap();
        }
    };
    stream::iter(0..count).map(create).buffer_unordered(64).for_each(async |()| ()).await;
}

async fn in_place(place: &Place, count: u64) -> AnyStore {
    let store = place.store().await;
    sessions_of_others(&store, count).await;
    store
}

#[ignore = "a measurement: just find"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_memory() {
    compare("memory", async |count| in_place(&Place::memory(), count).await).await;
}

#[ignore = "a measurement: just find"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_redb() {
    let places = [Place::file("redb"), Place::file("redb")];
    compare("redb", async |count| in_place(&places[usize::from(count == MANY)], count).await).await;
}

#[ignore = "a measurement: just find"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_redis() {
    let servers = [RedisServer::start(&[]), RedisServer::start(&[])];
    let fill = async |count| {
        let store =
            AnyStore::new(scs_stores::RedisStore::connect(servers[usize::from(count == MANY)].url()).await.unwrap());
        sessions_of_others(&store, count).await;
        store
    };
    compare("Redis", fill).await;
}

#[ignore = "a measurement: just find"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_sqlite() {
    let places = [Place::file("sqlite"), Place::file("sqlite")];
    compare("SQLite", async |count| in_place(&places[usize::from(count == MANY)], count).await).await;
}

#[ignore = "a measurement: just find"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_postgres() {
    let servers = [DatabaseServer::start(Kind::Postgres, &[]).await, DatabaseServer::start(Kind::Postgres, &[]).await];
    let fill = async |count| {
        let server = &servers[usize::from(count == MANY)];
        let store = scs_stores::open(&server.url()).await.unwrap();
        let id = "decode(md5(i::text), 'hex')";
        let pool = PgPool::connect(&server.url()).await.unwrap();
        for statement in [
            format!(
                "INSERT INTO scs_sessions SELECT {id}, 1, now() + interval '1 hour', decode(repeat('61', 200), 'hex') FROM generate_series(1, {count}) AS i"
            ),
            format!(
                "INSERT INTO scs_sessions_terms SELECT decode(md5('term' || i), 'hex'), {id}, true, now(), now() + interval '1 hour' FROM generate_series(1, {count}) AS i"
            ),
            "ANALYZE".to_owned(),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
        }
        store
    };
    compare("PostgreSQL", fill).await;
}

#[ignore = "a measurement: just find"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_mariadb() {
    let servers = [DatabaseServer::start(Kind::MariaDb, &[]).await, DatabaseServer::start(Kind::MariaDb, &[]).await];
    let fill = async |count| {
        let server = &servers[usize::from(count == MANY)];
        let store = scs_stores::open(&server.url()).await.unwrap();
        let pool = MySqlPool::connect(&server.url()).await.unwrap();
        let hour = "UTC_TIMESTAMP(6) + INTERVAL 1 HOUR";
        for statement in [
            format!(
                "INSERT INTO scs_sessions SELECT UNHEX(MD5(seq)), 1, {hour}, REPEAT('a', 200) FROM seq_1_to_{count}"
            ),
            format!(
                "INSERT INTO scs_sessions_terms SELECT UNHEX(MD5(CONCAT('term', seq))), UNHEX(MD5(seq)), TRUE, UTC_TIMESTAMP(6), {hour} FROM seq_1_to_{count}"
            ),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
        }
        store
    };
    compare("MariaDB", fill).await;
}
