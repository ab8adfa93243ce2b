//! A proxy that counts how often a client asks and waits.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// Stands before a server until its runtime ends.
pub struct Proxy {
    address: SocketAddr,
    turns: Arc<AtomicU64>,
}

impl Proxy {
    /// Before the server at `HOST:PORT`.
    pub async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let (address, turns) = (listener.local_addr().expect("it is bound"), Arc::<AtomicU64>::default());
        let counted = Arc::clone(&turns);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.expect("the server answers");
                connect(client, server, &counted);
            }
        });
        Self { address, turns }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Questions with their answers so far, over all connections.
    pub fn turns(&self) -> u64 {
        self.turns.load(Relaxed)
    }
}

fn connect(client: TcpStream, server: TcpStream, turns: &Arc<AtomicU64>) {
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("it is connected");
    }
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let (is_asking, turns) = (Arc::<AtomicBool>::default(), Arc::clone(turns));
    let asking = Arc::clone(&is_asking);
    tokio::spawn(copy(from_client, to_server, move || {
        turns.fetch_add(u64::from(!asking.swap(true, Relaxed)), Relaxed);
    }));
    tokio::spawn(copy(from_server, to_client, move || is_asking.store(false, Relaxed)));
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, notice: impl Fn()) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        notice();
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
