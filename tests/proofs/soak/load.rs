//! The load: clients who come, sign in, change something, leave midway and stay away, as fast as they are told to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::sync::{RwLock, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::gauge::Gauge;
use crate::web::Client;

const CLIENTS: u64 = 64;
const ADJUSTED_EVERY: Duration = Duration::from_millis(500);
const SETTLING: Duration = Duration::from_millis(500);

/// All clients together.
pub(super) struct Load {
    shared: Arc<Shared>,
    /// Whether all clients pause.
    switch: watch::Sender<bool>,
}

#[derive(Default)]
struct Shared {
    /// Microseconds from one request of a client to its next.
    gap: AtomicU64,
    requests: AtomicU64,
    /// Read by whoever is under way.
    under_way: RwLock<()>,
}

impl Load {
    pub(super) fn start(address: SocketAddr) -> Self {
        let shared = Arc::new(Shared { gap: AtomicU64::new(100_000), ..Shared::default() });
        let (switch, pauses) = watch::channel(true);
        for number in 0..CLIENTS {
            let random = Rng::with_seed(number);
            let client = Client::new(address);
            let visitor = Visitor { number, client, random, shared: Arc::clone(&shared), pauses: pauses.clone() };
            tokio::spawn(visitor.live());
        }
        Self { shared, switch }
    }

    /// Lets the clients send as much as makes the server take the target of one core, and tells what it took.
    pub(super) async fn press(&self, gauge: &mut Gauge, target: f64, time: Duration) -> f64 {
        let end = Instant::now() + time;
        let mut taken = Vec::new();
        gauge.cpu();
        while Instant::now() < end {
            sleep(ADJUSTED_EVERY).await;
            let cpu = gauge.cpu();
            taken.push(cpu);
            let factor = (cpu / target).clamp(0.5, 1.5);
            let adjust = |gap: u64| Some(((gap as f64 * factor) as u64).clamp(100, 1_000_000));
            let _ = self.shared.gap.fetch_update(Ordering::Relaxed, Ordering::Relaxed, adjust);
        }
        taken.iter().sum::<f64>() / taken.len() as f64
    }

    /// All clients hang up; the requests since this was last asked.
    pub(super) async fn pause(&self) -> u64 {
        self.switch.send_replace(true);
        drop(self.shared.under_way.write().await);
        sleep(SETTLING).await;
        self.shared.requests.swap(0, Ordering::Relaxed)
    }

    pub(super) fn go_on(&self) {
        self.switch.send_replace(false);
    }
}

struct Visitor {
    number: u64,
    client: Client,
    random: Rng,
    shared: Arc<Shared>,
    pauses: watch::Receiver<bool>,
}

impl Visitor {
    /// Ends when the load is dropped in a pause.
    async fn live(mut self) {
        let mut next = Instant::now();
        loop {
            if *self.pauses.borrow() {
                self.client.hang_up();
            }
            if self.pauses.wait_for(|paused| !paused).await.is_err() {
                return;
            }
            next = (next + Duration::from_micros(self.shared.gap.load(Ordering::Relaxed))).max(Instant::now());
            sleep_until(next).await;
            let shared = Arc::clone(&self.shared);
            let _under_way = shared.under_way.read().await;
            if !*self.pauses.borrow() {
                self.request().await;
                shared.requests.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    async fn request(&mut self) {
        let value = self.random.u64(..1_000_000);
        match self.random.u8(..100) {
            0..40 => self.ask("GET", "/").await,
            40..60 => self.ask("POST", "/hits").await,
            60..70 => self.ask("POST", &format!("/name/{value}")).await,
            70..75 => self.ask("POST", &format!("/notice/{value}")).await,
            75..80 => self.ask("POST", "/claim").await,
            80..85 => self.ask("POST", &format!("/login/{}", self.number)).await,
            85..87 => self.ask("POST", "/logout").await,
            // Whoever forgets the cookie leaves a session behind that expires.
            87..90 => self.client.cookie = None,
            _ => self.leave().await,
        }
    }

    async fn ask(&mut self, method: &str, path: &str) {
        let answer = self.client.send(method, path).await.unwrap();
        assert_eq!(answer.status, 200, "{path}");
    }

    async fn leave(&mut self) {
        let bytes = if self.random.bool() { usize::MAX } else { self.random.usize(..150) };
        let later = self.random.u32(..20);
        self.client.send_and_leave("POST", "/hits", bytes, later).await.unwrap();
    }
}
