//! What has gone wrong in other session libraries, each as a test of its own.
//!
//! The comment of a test says what broke elsewhere; its name is the promise here.

mod finding;
mod identity;
mod races;
mod saving;

use axum::{Router, handler::Handler, routing::any};
use scs::{Session, SessionManager, TypedSession};

use crate::support::{Browser, TestStore, commit};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
    name: Option<String>,
}

type Sessions = SessionManager<Visitor, TestStore>;
type Visit = TypedSession<Visitor>;

fn sessions() -> (Sessions, TestStore) {
    let store = TestStore::new();
    (Sessions::new(store.clone()), store)
}

/// The token of a new session with one visit.
async fn stored(sessions: &Sessions) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    commit(&session).await
}

fn browser(token: &str) -> Browser {
    Browser { cookie: Some(format!("__Host-id={token}")) }
}

/// An application whose one route is this handler.
fn serving<H, T>(sessions: &Sessions, handler: H) -> Router
where
    H: Handler<T, ()>,
    T: 'static,
{
    Router::new().route("/", any(handler)).layer(sessions.layer())
}
