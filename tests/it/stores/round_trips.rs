//! How often a session calls its server, as the server counts it.

use std::{fs, time::Duration};

use scs::{Session, SessionManager, TypedSession, store::AnyStore};
use scs_stores::open;

use crate::support::{DatabaseServer, Kind};

#[derive(Session)]
struct Shopper {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
}

/// A server that writes down every statement.
struct Counted {
    server: DatabaseServer,
    sessions: SessionManager<Shopper, AnyStore>,
    kind: Kind,
    seen: usize,
}

impl Counted {
    async fn start(kind: Kind) -> Self {
        let options = match kind {
            Kind::Postgres => &["-c", "log_statement=all"][..],
            Kind::MariaDb => &["--general-log=1", "--general-log-file=general.log"][..],
        };
        let server = DatabaseServer::start(kind, options).await;
        let sessions = SessionManager::new(open(&server.url()).await.unwrap());
        let mut counted = Self { server, sessions, kind, seen: 0 };
        // The first use of a statement prepares it and is no measure of the others.
        for _ in 0..20 {
            let token = counted.sign_in().await;
            let session = counted.sessions.open(&token).await.unwrap();
            session.set_visits(1);
            session.commit().await.unwrap();
            session.destroy();
            session.commit().await.unwrap();
        }
        counted.take();
        counted
    }

    async fn sign_in(&self) -> String {
        let session = self.sessions.open(None).await.unwrap();
        session.set_account(7);
        token(&session).await
    }

    /// The statements since this was last asked, each by its first words.
    fn take(&mut self) -> Vec<String> {
        let log = match self.kind {
            Kind::Postgres => self.server.log(),
            Kind::MariaDb => String::from_utf8_lossy(&fs::read(self.server.file("general.log")).unwrap()).into_owned(),
        };
        let statements: Vec<String> = log.lines().filter_map(|line| self.statement(line)).collect();
        let new = statements[self.seen..].to_vec();
        self.seen = statements.len();
        new
    }

    /// The statement that a line says was executed, without its name.
    fn statement(&self, line: &str) -> Option<String> {
        let statement = match self.kind {
            Kind::Postgres => line.split_once("LOG:  execute ").or_else(|| line.split_once("LOG:  statement: "))?.1,
            Kind::MariaDb => line.split_once(" Execute\t").or_else(|| line.split_once(" Query\t"))?.1,
        };
        // A pool may open another connection at any time, which begins with its settings.
        let is_setting = statement.starts_with("SET ") || statement.contains("set_config(");
        (!is_setting).then(|| statement.rsplit(": ").next().unwrap_or_default().trim().to_owned())
    }
}

async fn token(session: &TypedSession<Shopper>) -> String {
    session.commit().await.unwrap().token().unwrap().expose()
}

async fn counts(kind: Kind) {
    let mut counted = Counted::start(kind).await;
    let session = counted.sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = token(&session).await;
    assert_eq!(counted.take().len(), 1, "a new session");

    let session = counted.sessions.open(&token).await.unwrap();
    assert_eq!(counted.take().len(), 1, "reading");
    session.set_visits(2);
    session.commit().await.unwrap();
    assert_eq!(counted.take().len(), 1, "changing");
    session.commit().await.unwrap();
    assert_eq!(counted.take().len(), 0, "committing what did not change");

    counted.sessions.open("no token at all").await.unwrap();
    assert_eq!(counted.take().len(), 0, "a malformed token");

    let token = counted.sign_in().await;
    assert_eq!(counted.take().len(), 4, "signing in: begin, record, term, commit");
    let session = counted.sessions.open(&token).await.unwrap();
    session.set_visits(2);
    session.commit().await.unwrap();
    assert_eq!(counted.take().len(), 2, "reading and changing a session that stays under its term");
    session.destroy();
    session.commit().await.unwrap();
    assert_eq!(counted.take().len(), 1, "signing out");
}

async fn touches(kind: Kind, age: impl AsyncFn(&Counted)) {
    let mut counted = Counted::start(kind).await;
    let session = counted.sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = token(&session).await;
    age(&counted).await;
    counted.take();
    for _ in 0..10 {
        let session = counted.sessions.open(&token).await.unwrap();
        session.commit().await.unwrap();
    }
    assert_eq!(counted.take().len(), 11, "ten loads and one touch");
    let left = counted.sessions.open(&token).await.unwrap().expires_in();
    assert!(left > Duration::from_mins(29), "{left:?} are left");
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn a_session_costs_postgres_one_statement_to_load_and_one_to_change() {
    counts(Kind::Postgres).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_session_costs_mariadb_one_statement_to_load_and_one_to_change() {
    counts(Kind::MariaDb).await;
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test]
async fn a_session_that_is_only_read_is_touched_once_a_minute_in_postgres() {
    touches(Kind::Postgres, async |counted| {
        let pool = sqlx::PgPool::connect(&counted.server.url()).await.unwrap();
        let age = sqlx::query("UPDATE scs_sessions SET expires = expires - interval '5 minutes'");
        age.execute(&pool).await.unwrap();
    })
    .await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test]
async fn a_session_that_is_only_read_is_touched_once_a_minute_in_mariadb() {
    touches(Kind::MariaDb, async |counted| {
        let pool = sqlx::MySqlPool::connect(&counted.server.url()).await.unwrap();
        let age = sqlx::query("UPDATE scs_sessions SET expires = expires - INTERVAL 5 MINUTE");
        age.execute(&pool).await.unwrap();
    })
    .await;
}
