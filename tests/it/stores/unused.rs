//! Connections to databases that died while nobody used them, and what servers and proxies say of it.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use scs::{Session, SessionManager, Token, store::AnyStore};
use scs_stores::open;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{DatabaseServer, Kind};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
}

type Sessions = SessionManager<Visitor, AnyStore>;

/// As many as a pool has connections, and some more.
const VISITORS: usize = 12;

/// Each request comes after the connections have died: a first visit, a visit, a sign-in, a logout.
async fn every_request_is_served<F: Future>(url: &str, die: impl Fn() -> F) {
    let sessions = Sessions::new(open(url).await.unwrap());
    let all = async |request: &dyn Fn(u64, Option<String>) -> Request, tokens: Vec<Option<String>>| {
        die().await;
        let requests = (0..).zip(tokens).map(|(number, token)| request(number, token));
        join_all(requests.map(|request| request.run(&sessions))).await
    };
    for _ in 0..2 {
        let tokens = all(&|_, token| Request { token, does: Does::Visit }, vec![None; VISITORS]).await;
        let tokens = all(&|_, token| Request { token, does: Does::Visit }, tokens).await;
        let tokens = all(&|number, token| Request { token, does: Does::SignIn(number) }, tokens).await;
        all(&|_, token| Request { token, does: Does::LogOut }, tokens).await;
    }
}

struct Request {
    token: Option<String>,
    does: Does,
}

enum Does {
    Visit,
    SignIn(u64),
    LogOut,
}

impl Request {
    /// The token that the client has afterwards.
    async fn run(self, sessions: &Sessions) -> Option<String> {
        let session = sessions.open(self.token.as_deref()).await.expect("reading");
        assert_eq!(session.is_new(), self.token.is_none());
        match self.does {
            Does::Visit => session.update_visits(|visits| *visits += 1),
            Does::SignIn(account) => session.set_account(account),
            Does::LogOut => session.destroy(),
        }
        let committed = session.commit().await.expect("writing");
        committed.token().map(Token::expose).or(self.token)
    }
}

#[cfg_attr(not(postgres), ignore = "set SCS_POSTGRES_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_postgres_ends_for_being_idle_are_replaced_unnoticed() {
    let server = DatabaseServer::start(Kind::Postgres, &["-c", "idle_session_timeout=200"]).await;
    every_request_is_served(&server.url(), || tokio::time::sleep(Duration::from_millis(500))).await;
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_mariadb_ends_for_being_idle_are_replaced_unnoticed() {
    let server = DatabaseServer::start(Kind::MariaDb, &["--wait-timeout=1"]).await;
    every_request_is_served(&server.url(), || tokio::time::sleep(Duration::from_millis(1_500))).await;
}

/// A proxy that ends connections with an error of its own: MySQL 8 has 4031 for idle ones, others have other words.
struct Farewell {
    port: u16,
    is_over: Arc<AtomicBool>,
}

impl Farewell {
    async fn before(url: &str, code: u16) -> Self {
        let target: u16 = url.rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, is_over) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let ends = is_over.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                tokio::spawn(carry(client, server, ends.clone(), code));
            }
        });
        Self { port, is_over }
    }

    /// From now on each connection that there is ends with the error when it is used next.
    async fn end_connections(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.is_over.store(false, Ordering::SeqCst);
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, is_over: Arc<AtomicBool>, code: u16) {
    let (mut asked, mut answered, mut has_ended) = (vec![0; 1 << 16], vec![0; 1 << 16], false);
    let mut look = tokio::time::interval(Duration::from_millis(2));
    loop {
        tokio::select! {
            _ = look.tick() => has_ended |= is_over.load(Ordering::SeqCst),
            read = client.read(&mut asked) => match read {
                Ok(length @ 1..) if !has_ended => server.write_all(&asked[..length]).await.unwrap(),
                Ok(1..) => {
                    let message = "the connection was closed because nobody used it";
                    let mut error = vec![u8::try_from(9 + message.len()).unwrap(), 0, 0, 1, 0xff];
                    error.extend(code.to_le_bytes());
                    error.extend(b"#HY000");
                    error.extend(message.as_bytes());
                    let _ = client.write_all(&error).await;
                    return;
                }
                _ => return,
            },
            read = server.read(&mut answered) => match read {
                Ok(length @ 1..) if client.write_all(&answered[..length]).await.is_ok() => {}
                _ => return,
            },
        }
    }
}

#[cfg_attr(not(mysql), ignore = "set SCS_MYSQL_URL")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_proxy_says_when_it_ends_an_idle_connection_nobody_notices() {
    let server = DatabaseServer::start(Kind::MariaDb, &[]).await;
    for code in [4031, 1927, 9001] {
        let proxy = Farewell::before(&server.url(), code).await;
        let (front, rest) =
            server.url().rsplit_once(':').map(|(front, rest)| (front.to_owned(), rest.to_owned())).unwrap();
        let url = format!("{front}:{}/{}", proxy.port, rest.split_once('/').unwrap().1);
        every_request_is_served(&url, || proxy.end_connections()).await;
    }
}
