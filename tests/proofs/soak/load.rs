//! The load: clients who come, sign in, change something, leave midway and stay away, as fast as they are told to.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::sync::{RwLock, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::{gauge::Gauge, report::mean};
use crate::web::Client;

const CLIENTS: u64 = 64;
const ADJUSTED_EVERY: Duration = Duration::from_millis(500);
const SHORTEST_GAP: Duration = Duration::from_micros(100);
const LONGEST_GAP: Duration = Duration::from_millis(100);
const SETTLING: Duration = Duration::from_millis(500);

/// All clients together.
pub(super) struct Load {
    shared: Arc<Shared>,
    paused: watch::Sender<bool>,
}

#[derive(Default)]
struct Shared {
    /// From one request of a client to its next.
    gap: Mutex<Duration>,
    requests: AtomicU64,
    /// Read by whoever is under way.
    under_way: RwLock<()>,
}

impl Load {
    pub(super) fn start(address: SocketAddr) -> Self {
        let shared = Arc::new(Shared { gap: Mutex::new(LONGEST_GAP), ..Shared::default() });
        let (paused, watched) = watch::channel(true);
        for number in 0..CLIENTS {
            let random = Rng::with_seed(number);
            let client = Client::new(address);
            let visitor = Visitor { number, client, random, shared: Arc::clone(&shared), pauses: watched.clone() };
            tokio::spawn(visitor.live());
        }
        Self { shared, paused }
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
            let mut gap = self.shared.gap.lock().unwrap();
            *gap = gap.mul_f64(factor).clamp(SHORTEST_GAP, LONGEST_GAP);
        }
        mean(taken.into_iter())
    }

    /// All clients hang up; the requests since this was last asked.
    pub(super) async fn pause(&self) -> u64 {
        self.paused.send_replace(true);
        drop(self.shared.under_way.write().await);
        sleep(SETTLING).await;
        self.shared.requests.swap(0, Ordering::Relaxed)
    }

    pub(super) fn go_on(&self) {
        self.paused.send_replace(false);
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
            next = (next + *self.shared.gap.lock().unwrap()).max(Instant::now());
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
