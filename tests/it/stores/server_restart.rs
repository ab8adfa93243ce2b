//! A server that is killed and started again under load.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use scs::{Session, SessionError, SessionManager, conformance::Harness, store::AnyStore};
use scs_stores::open;
use tokio::{sync::Mutex, task::JoinSet};

use crate::support::{DatabaseServer, Kind, RedisServer};

/// A database server of each case's own.
struct Restarted {
    kind: Kind,
    server: Mutex<Option<DatabaseServer>>,
}

impl Restarted {
    fn new(kind: Kind) -> Self {
        Self { kind, server: Mutex::default() }
    }
}

impl Harness for Restarted {
    type Store = AnyStore;

    async fn store(&self) -> AnyStore {
        let server = DatabaseServer::start(self.kind, &[]).await;
        let store = open(&server.url()).await.unwrap();
        *self.server.lock().await = Some(server);
        store
    }

    async fn restart(&self) {
        let mut server = self.server.lock().await;
        let server = server.as_mut().expect("a store was made");
        server.kill();
        server.resume().await;
    }
}

scs::conformance!(
    #[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
    postgres: Restarted::new(Kind::Postgres) => restart
);
scs::conformance!(
    #[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
    mariadb: Restarted::new(Kind::MariaDb) => restart
);

/// A Redis of each case's own, which writes to disk before it answers.
struct RestartedRedis(Mutex<Option<RedisServer>>);

impl Harness for RestartedRedis {
    type Store = AnyStore;

    async fn store(&self) -> AnyStore {
        let server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
        let store = open(&server.url()).await.unwrap();
        *self.0.lock().await = Some(server);
        store
    }

    async fn restart(&self) {
        let mut server = self.0.lock().await;
        let server = server.as_mut().expect("a store was made");
        server.kill();
        server.start_again();
    }
}

scs::conformance!(
    #[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
    redis: RestartedRedis(Mutex::default()) => restart
);

#[derive(Session)]
struct Visitor {
    name: Option<String>,
    visits: u32,
}

const VISITORS: usize = 8;

/// What the visitors saw.
#[derive(Default)]
struct Seen {
    answers: [AtomicU32; VISITORS],
    errors: [AtomicU32; VISITORS],
    slowest: AtomicU32,
}

impl Seen {
    fn errors(&self) -> u32 {
        self.errors.iter().map(|errors| errors.load(Ordering::Relaxed)).sum()
    }
}

async fn visit(sessions: &SessionManager<Visitor, AnyStore>, token: &str, name: &str) -> Result<(), SessionError> {
    let session = sessions.open(token).await?;
    assert_eq!(session.name().as_deref(), Some(name), "a session of someone else, or none");
    session.update_visits(|visits| *visits += 1);
    session.commit().await.map(drop)
}

async fn survives_a_restart(kind: Kind) {
    let mut server = DatabaseServer::start(kind, &[]).await;
    let sessions = SessionManager::<Visitor, _>::new(open(&server.url()).await.unwrap());
    let (seen, is_over) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        let name = format!("visitor {number}");
        let session = sessions.open(None).await.unwrap();
        session.set_name(&name);
        let token = session.commit().await.unwrap().token().unwrap().expose();
        let (sessions, seen, is_over) = (sessions.clone(), seen.clone(), is_over.clone());
        visitors.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let began = Instant::now();
                match visit(&sessions, &token, &name).await {
                    Ok(()) => seen.answers[number].fetch_add(1, Ordering::Relaxed),
                    Err(error) => {
                        assert!(error.is_transient(), "{error:?} is answered with 503");
                        seen.errors[number].fetch_add(1, Ordering::Relaxed)
                    }
                };
                let took = u32::try_from(began.elapsed().as_millis()).unwrap();
                seen.slowest.fetch_max(took, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            (number, token)
        });
    }
    for _ in 0..3 {
        all_are_answered(&seen, &mut visitors).await;
        let before = seen.errors();
        server.kill();
        while seen.errors() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.resume().await;
        let began = Instant::now();
        all_are_answered(&seen, &mut visitors).await;
        println!("all are answered {:?} after the server takes connections again", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(1), "recovery takes {:?}", began.elapsed());
    }
    is_over.store(true, Ordering::Relaxed);
    while let Some(visitor) = visitors.join_next().await {
        let (number, token) = visitor.unwrap();
        let visits = sessions.open(&token).await.unwrap().visits();
        let answers = seen.answers[number].load(Ordering::Relaxed);
        // What ended in an error may have been done.
        let most = answers + seen.errors[number].load(Ordering::Relaxed);
        assert!((answers..=most).contains(&visits), "{visits} visits are stored where {answers} were acknowledged");
    }
    let slowest = seen.slowest.load(Ordering::Relaxed);
    println!("the slowest answer took {slowest} ms");
    // Reading and writing, each within the deadline of a call.
    assert!(slowest < 6_500, "{slowest} ms");
}

/// Waits until each visitor was answered once more.
async fn all_are_answered(seen: &Seen, visitors: &mut JoinSet<(usize, String)>) {
    let before: Vec<u32> = seen.answers.iter().map(|answers| answers.load(Ordering::Relaxed)).collect();
    while seen.answers.iter().zip(&before).any(|(now, before)| now.load(Ordering::Relaxed) == *before) {
        if let Some(ended) = visitors.try_join_next() {
            ended.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_may_be_killed_under_load() {
    survives_a_restart(Kind::Postgres).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb_may_be_killed_under_load() {
    survives_a_restart(Kind::MariaDb).await;
}

/// All connections of a pool die while nobody uses them.
async fn dead_connections_are_replaced(kind: Kind) {
    let mut server = DatabaseServer::start(kind, &[]).await;
    let sessions = SessionManager::<Visitor, _>::new(open(&server.url()).await.unwrap());
    let session = sessions.open(None).await.unwrap();
    session.set_name("Ada");
    let token = session.commit().await.unwrap().token().unwrap().expose();
    let opened = || async { sessions.open(&token).await.unwrap() };
    futures_util::future::join_all((0..20).map(|_| opened())).await;

    server.kill();
    server.resume().await;
    let session = opened().await;
    session.set_visits(1);
    session.commit().await.unwrap();
    for session in futures_util::future::join_all((0..20).map(|_| opened())).await {
        assert_eq!((session.name().as_deref(), session.visits()), (Some("Ada"), 1));
    }
    session.destroy();
    session.commit().await.unwrap();
    assert!(sessions.open(&token).await.unwrap().is_new());
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn connections_to_postgres_that_died_unused_are_replaced_unnoticed() {
    dead_connections_are_replaced(Kind::Postgres).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn connections_to_mariadb_that_died_unused_are_replaced_unnoticed() {
    dead_connections_are_replaced(Kind::MariaDb).await;
}

/// A logout is acknowledged just before the server is killed.
async fn a_logout_is_final(kind: Kind) {
    let mut server = DatabaseServer::start(kind, &[]).await;
    let sessions = SessionManager::<Visitor, _>::new(open(&server.url()).await.unwrap());
    for _ in 0..3 {
        let session = sessions.open(None).await.unwrap();
        session.set_name("Ada");
        let token = session.commit().await.unwrap().token().unwrap().expose();
        session.destroy();
        session.commit().await.unwrap();
        server.kill();
        server.resume().await;
        assert!(sessions.open(&token).await.unwrap().is_new(), "an acknowledged logout was undone");
    }
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn a_logout_survives_the_death_of_postgres() {
    a_logout_is_final(Kind::Postgres).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_logout_survives_the_death_of_mariadb() {
    a_logout_is_final(Kind::MariaDb).await;
}
