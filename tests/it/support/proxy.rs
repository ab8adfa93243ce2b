//! A network between a store and its server, which fails when a test asks it to.
//!
//! A cluster is left out: its nodes tell their own addresses, and the driver goes there.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What happens to connections. The seed of the proxy and a connection's number decide what is left to chance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weather {
    /// Everything gets through.
    Clear,
    /// Each answer takes up to this long; most take much less.
    Slow(Duration),
    /// What is sent is lost, and nobody is told: neither in a connection that is open nor in a new one, and a
    /// connection in which something was lost answers never again.
    Silent,
    /// Connections are cut, and so are new ones.
    Cut,
    /// Of so many answers one is swallowed: the server has done what it was asked, and the connection is cut.
    Swallows(usize),
    /// Of so many answers one is replaced by bytes that mean nothing.
    Garbles(usize),
}

/// A server's second address on loopback. Connections end when this is dropped.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    target: Arc<AtomicU16>,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// In front of the server at this port of loopback.
    pub(crate) async fn before(target: u16, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (target, (weather, watched)) = (Arc::new(AtomicU16::new(target)), watch::channel(Weather::Clear));
        let accepting = tokio::spawn(accept(listener, target.clone(), watched, seed));
        Self { port, target, weather, accepting }
    }

    /// In front of the server that a URL names; the second URL leads through the proxy.
    pub(crate) async fn before_url(url: &str, seed: u64) -> (Self, String) {
        let target = port_in(url);
        let proxy = Self::before(target, seed).await;
        let url = url.replacen(&format!(":{target}"), &format!(":{}", proxy.port), 1);
        (proxy, url)
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// New connections lead to another server, as a name does that has moved.
    pub(crate) fn lead_to(&self, target: u16) {
        self.target.store(target, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn port_in(url: &str) -> u16 {
    let host = url.split("127.0.0.1:").nth(1).expect("the server is on loopback");
    host.split(|character: char| !character.is_ascii_digit()).next().unwrap().parse().unwrap()
}

async fn accept(listener: TcpListener, target: Arc<AtomicU16>, weather: watch::Receiver<Weather>, seed: u64) {
    for number in 0.. {
        let Ok((client, _)) = listener.accept().await else { continue };
        let (target, weather) = (target.load(Ordering::Relaxed), weather.clone());
        let random = fastrand::Rng::with_seed(seed.wrapping_mul(1 << 20).wrapping_add(number));
        tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await {
                Line { client, server, weather, random }.carry().await;
            }
        });
    }
}

/// One connection of a client, and the one that it stands for.
struct Line {
    client: TcpStream,
    server: TcpStream,
    weather: watch::Receiver<Weather>,
    random: fastrand::Rng,
}

impl Line {
    /// Carries bytes until one end closes or an error ends it; a line without a proxy ends too.
    async fn carry(mut self) {
        let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut weather = self.weather.clone();
        loop {
            let carried = tokio::select! {
                cut = until_cut(&mut weather) => cut,
                read = self.client.read(&mut request) => self.ask(&request[..read.unwrap_or(0)]).await,
                read = self.server.read(&mut answer) => {
                    let length = read.unwrap_or(0);
                    self.answer(&mut answer[..length]).await
                }
            };
            if let Err(error) = carried {
                return self.end(error.is_some());
            }
        }
    }

    async fn ask(&mut self, request: &[u8]) -> Carried {
        if request.is_empty() {
            return Err(None);
        }
        self.survive_silence().await?;
        self.server.write_all(request).await.map_err(Some)
    }

    async fn answer(&mut self, answer: &mut [u8]) -> Carried {
        if answer.is_empty() {
            return Err(None);
        }
        self.survive_silence().await?;
        let weather = *self.weather.borrow();
        match weather {
            Weather::Slow(longest) => self.linger(longest).await,
            Weather::Swallows(one_of) if self.random.usize(..one_of) == 0 => {
                return Err(self.random.bool().then(reset));
            }
            Weather::Garbles(one_of) if self.random.usize(..one_of) == 0 => self.random.fill(answer),
            _ => {}
        }
        self.client.write_all(answer).await.map_err(Some)
    }

    /// Waits for a part of this time, or until the weather changes.
    async fn linger(&mut self, longest: Duration) {
        let part = longest.mul_f64(self.random.f64().powi(16));
        let _ = tokio::time::timeout(part, self.weather.wait_for(|weather| *weather != Weather::Slow(longest))).await;
    }

    /// What is carried in silence is lost, and the line with it, until it is cut or left.
    async fn survive_silence(&mut self) -> Carried {
        if *self.weather.borrow() != Weather::Silent {
            return Ok(());
        }
        tokio::select! {
            cut = until_cut(&mut self.weather) => cut,
            () = drain(&mut self.client) => Err(None),
        }
    }

    /// Closes both ends, by FIN or by RST.
    fn end(self, abruptly: bool) {
        if abruptly {
            for end in [&self.client, &self.server] {
                let _ = end.set_zero_linger();
            }
        }
    }
}

/// Why a line ends: with an error, which is passed on as a reset.
type Carried = Result<(), Option<io::Error>>;

/// Waits until connections are cut, or there is no proxy any more.
async fn until_cut(weather: &mut watch::Receiver<Weather>) -> Carried {
    let is_cut = weather.wait_for(|weather| *weather == Weather::Cut).await.is_ok();
    Err(is_cut.then(reset))
}

/// Reads for nobody, until the end.
async fn drain(end: &mut TcpStream) {
    let _ = tokio::io::copy(end, &mut tokio::io::sink()).await;
}

fn reset() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}
