//! Two tabs of one browser, which share a jar.

use std::sync::Arc;

use axum::{
    Extension, Router,
    routing::{get, post},
};
use scs::{MemoryStore, Session, SessionManager, TypedSession};
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};

use crate::{
    driver::{Browser, Tab},
    site::{localhost, serve},
    support::Server,
};

in_each_browser!(two_tabs_that_post_at_once_lose_nothing_and_stay_signed_in);
async fn two_tabs_that_post_at_once_lose_nothing_and_stay_signed_in(browser: Browser) {
    let server = Server::playground(&[]).await;
    let one = browser.open(&localhost(&server)).await;
    one.fetch("POST", "/login/7").await;
    let other = browser.open(&localhost(&server)).await;
    let posts = async |tab: &Tab| tab.fetch_at_once(50, "POST", "/hits?sleep_ms=5").await;
    let (answers, more) = tokio::join!(posts(&one), posts(&other));
    assert_eq!((answers.len(), more.len()), (50, 50));
    for tab in [&one, &other] {
        let session: Value = serde_json::from_str(&tab.fetch("GET", "/session").await).unwrap();
        assert_eq!((&session["account"], &session["hits"]), (&json!(7), &json!(100)));
    }
}

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = TypedSession<Visitor>;

/// Where a slow request waits, after it has read its session.
#[derive(Clone)]
struct Gate {
    arrived: Arc<Notify>,
    opened: Arc<Semaphore>,
}

impl Gate {
    fn closed() -> Self {
        Self { arrived: Arc::new(Notify::new()), opened: Arc::new(Semaphore::new(0)) }
    }

    async fn pass(&self) {
        self.arrived.notify_one();
        self.opened.acquire().await.unwrap().forget();
    }
}

async fn slow_visit(session: Visit, Extension(gate): Extension<Gate>) -> String {
    session.update_visits(|visits| *visits += 1);
    gate.pass().await;
    session.visits().to_string()
}

async fn show(session: Visit) -> String {
    format!("account {:?}, visits {}, {:?}", session.account(), session.visits(), session.outcome())
}

/// A site with a request that takes as long as the test wants.
async fn slow_site(gate: &Gate) -> String {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(async || "a page"))
        .route("/visits", post(async |session: Visit| session.update_visits(|visits| *visits += 1)))
        .route("/slow", post(slow_visit))
        .route("/login", post(async |session: Visit| session.set_account(7)))
        .route("/logout", post(async |session: Visit| session.destroy()))
        .route("/session", get(show))
        .layer(sessions.layer())
        .layer(Extension(gate.clone()));
    format!("http://localhost:{}", serve(app).await)
}

in_each_browser!(a_slow_answer_that_arrives_after_a_logout_in_another_tab_brings_nothing_back);
async fn a_slow_answer_that_arrives_after_a_logout_in_another_tab_brings_nothing_back(browser: Browser) {
    let gate = Gate::closed();
    let site = slow_site(&gate).await;
    let (slow, quick) = (browser.open(&site).await, browser.open(&site).await);
    slow.fetch("POST", "/login").await;
    slow.fetch("POST", "/visits").await;
    let cookie = browser.cookie().await.line();

    let last = tokio::spawn(async move { slow.fetch("POST", "/slow").await });
    gate.arrived.notified().await;
    quick.fetch("POST", "/logout").await;
    gate.opened.add_permits(1);
    assert_eq!(last.await.unwrap(), "2", "it had read the session before the logout");

    assert!(browser.cookies().await.is_empty());
    let replayed = reqwest::Client::new().get(format!("{site}/session")).header("cookie", cookie).send().await.unwrap();
    assert_eq!(replayed.text().await.unwrap(), "account None, visits 0, Unknown");
}

in_each_browser!(a_slow_answer_that_arrives_after_a_sign_in_in_another_tab_signs_nobody_out);
async fn a_slow_answer_that_arrives_after_a_sign_in_in_another_tab_signs_nobody_out(browser: Browser) {
    let gate = Gate::closed();
    let site = slow_site(&gate).await;
    let (slow, quick) = (browser.open(&site).await, browser.open(&site).await);
    slow.fetch("POST", "/visits").await;

    let last = tokio::spawn(async move { slow.fetch("POST", "/slow").await });
    gate.arrived.notified().await;
    quick.fetch("POST", "/login").await;
    let signed_in = browser.cookie().await.line();
    gate.opened.add_permits(1);
    assert_eq!(last.await.unwrap(), "2", "it had read the session before the sign-in");

    assert!(browser.cookie().await.line() == signed_in, "the token of the sign-in stays");
    assert_eq!(quick.fetch("GET", "/session").await, "account Some(7), visits 1, Loaded");
}
