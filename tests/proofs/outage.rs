//! While a server is silent, is cut off or answers too late, session routes say so in time and everything else goes on; within
//! a second of its return all is as it was.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::Path,
    http::{Response, StatusCode, header},
    routing::{get, post},
};
use futures_util::future::join_all;
use scs::{Session, SessionManager, TypedSession, store::AnyStore};
use tokio::{runtime::Handle, sync::Notify};

use crate::{
    ledger,
    servers::on_every_server,
    support::{Browser, Place, Proxy, SECOND, Weather, body_text},
};

on_every_server!(outage, 10);

/// As long as a call of the store may take.
const DEADLINE: Duration = Duration::from_millis(300);

/// What may come on top of it, and of the second to recover in, while the machine does other things.
const BESIDE_OTHERS: Duration = Duration::from_millis(500);

/// What may come on top of the deadline when `just prove` has the machine to itself.
const ALONE: Duration = Duration::from_millis(50);

/// As long as an outage takes: what it begins with is over by then, and only what it goes on with is left.
const DURATION: Duration = Duration::from_millis(2500);

const VISITORS: usize = 100;

/// Tasks that may be left of requests that were given up, with which drivers go on for a second; there are more requests.
const TASKS: usize = 4 * VISITORS;

const BAD: [Weather; 3] = [Weather::Silent, Weather::Cut, Weather::Slow(Duration::from_secs(2))];

#[derive(Session)]
struct Visitor {
    name: Option<usize>,
}

type Visit = TypedSession<Visitor>;

async fn outage(place: &Place, rounds: Range<u64>) {
    let (proxy, url) = Proxy::before_url(&place.url, rounds.start).await;
    let world = World { app: app(scs_stores::open(&url).await.unwrap()), proxy };
    let mut clients = join_all((0..VISITORS).map(|name| Client::enter(&world.app, name))).await;
    for _ in rounds {
        for weather in BAD {
            world.survives(weather, &mut clients).await;
        }
        world.a_logout_is_not_forgotten(clients.pop().unwrap()).await;
        clients.push(Client::enter(&world.app, VISITORS - 1).await);
    }
}

fn app(store: AnyStore) -> Router {
    let sessions = SessionManager::<Visitor, _>::builder(store).store_timeout(DEADLINE).build().unwrap();
    Router::new()
        .route("/plain", get("ok"))
        .route("/enter/{name}", post(|name: Path<usize>, session: Visit| async move { session.set_name(name.0) }))
        .route("/name", get(|session: Visit| async move { format!("{:?}", session.name()) }))
        .route("/leave", post(leave))
        .layer(sessions.layer())
}

/// Has the session, and ends it when the test says so.
async fn leave(Extension(is_time): Extension<Arc<Notify>>, session: Visit) {
    is_time.notified().await;
    session.destroy();
}

struct World {
    app: Router,
    proxy: Proxy,
}

impl World {
    async fn survives(&self, weather: Weather, clients: &mut [Client]) {
        let tasks = || Handle::current().metrics().num_alive_tasks();
        let before = tasks();
        self.proxy.set(weather);
        let end = Instant::now() + DURATION;
        let visits = join_all(clients.iter_mut().map(|client| client.visit_until(&self.app, end)));
        let (slowest, ()) = tokio::join!(visits, self.other_routes_do_not_notice(end));
        let (slowest, left) = (slowest.into_iter().max().unwrap(), tasks().saturating_sub(before));
        let is_alone = ledger::is_proof();
        assert!(
            slowest < DEADLINE + if is_alone { ALONE } else { BESIDE_OTHERS },
            "{weather:?}: an answer took {slowest:?}"
        );
        assert!(left <= TASKS, "{weather:?}: {left} tasks are left");

        self.proxy.set(Weather::Clear);
        let back = Instant::now();
        join_all(clients.iter_mut().map(|client| client.visit_until_answered(&self.app))).await;
        let recovery = back.elapsed();
        println!(
            "{weather:?}: the slowest answer took {slowest:?}, {left} tasks were left, recovery took {recovery:?}"
        );
        assert!(
            recovery < SECOND + if is_alone { Duration::ZERO } else { BESIDE_OTHERS },
            "{weather:?}: recovery took {recovery:?}"
        );
    }

    async fn other_routes_do_not_notice(&self, end: Instant) {
        while Instant::now() < end {
            let began = Instant::now();
            assert_eq!(body_text(Browser::default().get(&self.app, "/plain").await).await, "ok");
            assert!(began.elapsed() < BESIDE_OTHERS, "a route without a session waits for the store");
            tokio::time::sleep(DEADLINE / 10).await;
        }
    }

    /// The store goes away between reading and deleting.
    async fn a_logout_is_not_forgotten(&self, mut client: Client) {
        let is_time = Arc::new(Notify::new());
        let app = self.app.clone().layer(Extension(is_time.clone()));
        let logout = tokio::spawn(async move { (client.browser.post(&app, "/leave").await.status(), client) });
        tokio::time::sleep(DEADLINE).await;
        self.proxy.set(Weather::Silent);
        is_time.notify_one();
        let (status, client) = logout.await.unwrap();
        self.proxy.set(Weather::Clear);
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(client.browser.cookie, None, "who has logged out keeps the cookie");
    }
}

/// A client, and the name that it gave.
struct Client {
    browser: Browser,
    name: usize,
}

impl Client {
    async fn enter(app: &Router, name: usize) -> Self {
        let mut client = Self { browser: Browser::default(), name };
        while client.browser.post(app, &format!("/enter/{name}")).await.status() != StatusCode::OK {}
        client
    }

    /// Visits again and again, and gives the longest that an answer took.
    async fn visit_until(&mut self, app: &Router, end: Instant) -> Duration {
        let mut slowest = Duration::ZERO;
        while Instant::now() < end {
            let began = Instant::now();
            self.visit(app).await;
            slowest = slowest.max(began.elapsed());
            // Who is refused at once comes again, but not at once.
            tokio::time::sleep(DEADLINE / 10).await;
        }
        slowest
    }

    async fn visit_until_answered(&mut self, app: &Router) {
        let back = Instant::now();
        while !self.visit(app).await {
            assert!(back.elapsed() < 10 * SECOND, "the store does not come back");
        }
    }

    /// Whether it was answered, with what is its own; if it was not, it is told when to come again, and keeps its cookie.
    async fn visit(&mut self, app: &Router) -> bool {
        let response = self.browser.get(app, "/name").await;
        let is_answered = response.status() == StatusCode::OK;
        match is_answered {
            true => assert_eq!(body_text(response).await, format!("Some({})", self.name)),
            false => assert_is_outage(&response),
        }
        assert!(self.browser.cookie.is_some(), "the cookie is gone");
        is_answered
    }
}

fn assert_is_outage(response: &Response<Body>) {
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    assert!(response.headers().get(header::SET_COOKIE).is_none());
}
