//! Servers that are killed and started again.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use scs::Token;

use super::{Sessions, books::Books, load::load};
use crate::{
    ledger::Proof,
    support::{DatabaseServer, Kind, RedisServer},
};

/// A server of the proof's own.
enum Server {
    Database(DatabaseServer),
    Redis(RedisServer),
}

impl Server {
    async fn database(kind: Kind) -> Self {
        Self::Database(DatabaseServer::start(kind, &[]).await)
    }

    /// One that writes its log before it answers. With `everysec` it does so only while its disk keeps up: as long as one
    /// sync takes, up to two seconds, what it acknowledges is in its memory alone.
    fn redis() -> Self {
        Self::Redis(RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]))
    }

    /// Over connections of their own.
    async fn sessions(&self) -> Sessions {
        let url = match self {
            Self::Database(server) => server.url(),
            Self::Redis(server) => server.url(),
        };
        Sessions::new(scs_stores::open(&url).await.unwrap())
    }

    fn kill(&mut self) {
        match self {
            Self::Database(server) => server.kill(),
            Self::Redis(server) => server.kill(),
        }
    }

    async fn resume(&mut self) {
        match self {
            Self::Database(server) => server.resume().await,
            Self::Redis(server) => server.start_again(),
        }
    }
}

async fn kills(store: &'static str, server: Server) {
    let sessions = server.sessions().await;
    let trial = tokio::sync::Mutex::new((server, Books::default()));
    let proof = Proof { name: "kills", store, rounds: 100 };
    proof
        .prove(async |rounds| {
            let (server, books) = &mut *trial.lock().await;
            for seed in rounds {
                for line in said_until_killed(server, &sessions, seed).await {
                    books.read(&line);
                }
                server.resume().await;
                books.compare(&server.sessions().await).await;
            }
        })
        .await;
}

/// Lets clients go on for a while, kills the server, and gives what they have said.
async fn said_until_killed(server: &mut Server, sessions: &Sessions, seed: u64) -> Vec<String> {
    reconnect(sessions).await;
    let said = Arc::new(Mutex::new(Vec::new()));
    let (sink, clients) = (said.clone(), sessions.clone());
    let load =
        tokio::spawn(async move { load(&clients, seed, Arc::new(move |line| sink.lock().unwrap().push(line))).await });
    let enough = fastrand::Rng::with_seed(seed).usize(10..600);
    while said.lock().unwrap().len() < enough && !load.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.kill();
    load.await.unwrap();
    std::mem::take(&mut *said.lock().unwrap())
}

/// Until a call succeeds: that a connection died with the server is noticed by the first one on it.
async fn reconnect(sessions: &Sessions) {
    let unknown = "A".repeat(Token::TEXT_LENGTH);
    while sessions.open(&unknown).await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    kills("PostgreSQL", Server::database(Kind::Postgres).await).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_mariadb() {
    kills("MariaDB", Server::database(Kind::MariaDb).await).await;
}

#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    kills("Redis", Server::redis()).await;
}
