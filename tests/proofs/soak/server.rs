//! The server: this test binary in a process of its own, so that it is measured alone.

use std::{net::SocketAddr, process::Stdio, sync::Arc, time::Duration};

use axum::{Router, extract::Request, middleware, response::Response};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
};

use crate::web::{Sessions, app, serve};

const STORE: &str = "SCS_SOAK_STORE";
const LEAK: &str = "SCS_SOAK_LEAK";

/// Sessions that are left behind expire while the server runs.
const IDLE: Duration = Duration::from_secs(5);
const REAPED_EVERY: Duration = Duration::from_secs(1);

/// What the server forgets to free, on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leak {
    Nothing,
    /// A kilobyte with each request, and a socket now and then.
    Everything,
}

/// The process. It ends when this is dropped.
pub(super) struct Server {
    pub(super) id: u32,
    pub(super) address: SocketAddr,
    _process: Child,
    /// Kept open: the process may say more.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub(super) async fn start(store: &str, leak: Leak) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "soak::server::serves_until_it_is_killed", "--ignored", "--nocapture"]);
        command.env(STORE, store).env(LEAK, if leak == Leak::Nothing { "0" } else { "1" });
        let mut process = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("the server says where it listens");
            if let Some(address) = line.strip_prefix('@') {
                break address.parse().unwrap();
            }
        };
        Self { id: process.id().unwrap(), address, _process: process, _lines: lines }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the soak runs it in a process of its own"]
async fn serves_until_it_is_killed() {
    let Ok(url) = std::env::var(STORE) else { return };
    let store = scs_stores::open(&url).await.unwrap();
    let sessions = Sessions::builder(store).idle_timeout(IDLE).build().unwrap();
    tokio::spawn(sessions.reaper(REAPED_EVERY));
    let app = if std::env::var(LEAK).is_ok_and(|leak| leak == "1") { leaking(app(&sessions)) } else { app(&sessions) };
    let server = serve(app).await;
    println!("\n@{}", server.address);
    std::future::pending::<()>().await;
}

fn leaking(app: Router) -> Router {
    let socket = Arc::new(std::sync::atomic::AtomicU32::new(0));
    app.layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
        let number = socket.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move {
            std::mem::forget(vec![1_u8; 4096]);
            if number.is_multiple_of(1000) {
                std::mem::forget(TcpListener::bind("127.0.0.1:0").await);
            }
            let response: Response = next.run(request).await;
            response
        }
    }))
}
