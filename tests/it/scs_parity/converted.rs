//! The program of `docs/from-scs.md`, word for word, and what it does.

use std::time::Duration;

use axum::{
    Router,
    response::Redirect,
    routing::{get, post},
};
use scs::{ConfigError, MemoryStore, Session, SessionManager, TypedSession};

use crate::support::{Browser, body_text};

#[derive(Session)]
struct Visitor {
    #[session(renews)] // setting it renews the token
    account: Option<u64>,
    visits: u32,
    #[session(flash)]
    notice: Option<String>,
}

fn app() -> Result<Router, ConfigError> {
    let sessions = SessionManager::<Visitor, _>::builder(MemoryStore::new())
        .absolute_timeout(Duration::from_hours(12))
        .idle_timeout(Duration::from_mins(20))
        .build()?;
    let routes = Router::new().route("/", get(home)).route("/login", post(login)).route("/logout", post(logout));
    Ok(routes.layer(sessions.layer()))
}

async fn login(session: TypedSession<Visitor>) -> Redirect {
    session.set_account(7);
    session.set_notice("Welcome back!");
    Redirect::to("/")
}

async fn logout(session: TypedSession<Visitor>) -> Redirect {
    session.destroy();
    Redirect::to("/")
}

async fn home(session: TypedSession<Visitor>) -> String {
    let visits = session.update_visits(|visits| {
        *visits += 1;
        *visits
    });
    let notice = session.pop_notice().unwrap_or_default();
    format!("{notice} visit {visits}\n")
}

#[tokio::test]
async fn the_converted_program_greets_counts_and_forgets() {
    let app = app().unwrap();
    let mut browser = Browser::default();
    assert_eq!(body_text(browser.get(&app, "/").await).await, " visit 1\n");
    let anonymous = browser.cookie.clone();
    browser.post(&app, "/login").await;
    assert_ne!(browser.cookie, anonymous);
    assert_eq!(body_text(browser.get(&app, "/").await).await, "Welcome back! visit 2\n");
    assert_eq!(body_text(browser.get(&app, "/").await).await, " visit 3\n");
    browser.post(&app, "/logout").await;
    assert_eq!(body_text(browser.get(&app, "/").await).await, " visit 1\n");
}
