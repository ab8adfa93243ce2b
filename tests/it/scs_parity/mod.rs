//! What people who come from Go's SCS (v2, v1) or icza/session meet here, as a specification.
//!
//! [`same`] has what they can rely on as before. [`departures`] has what is different on purpose; each
//! test there says what SCS does, what happens here instead, and why. `docs/from-scs.md` maps every
//! name of theirs to one of ours and points at these tests.

mod converted;
mod departures;
mod same;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    handler::Handler,
    http::{HeaderName, Response, header},
    routing::any,
};
use scs::{ManualClock, Session, SessionId, SessionManager, Token, TypedSession, store::Store as _};

use crate::support::{Browser, TestStore, commit, on_manual_clock};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
    name: Option<String>,
    #[session(flash)]
    notice: Option<String>,
}

type Sessions = SessionManager<Visitor, TestStore>;
type Visit = TypedSession<Visitor>;

/// A session that is stored, with one visit, and all there is around it.
struct Known {
    sessions: Sessions,
    store: TestStore,
    clock: Arc<ManualClock>,
    token: String,
    id: SessionId,
}

async fn known() -> Known {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    store.take_calls();
    Known { sessions, store, clock, token, id: session.id() }
}

impl Known {
    async fn open(&self) -> Visit {
        self.sessions.open(&self.token).await.unwrap()
    }

    /// The session as another request finds it, whatever its token is now.
    async fn stored(&self) -> Option<Visit> {
        self.sessions.get(self.id).await.unwrap()
    }

    /// How long the store would keep the record.
    async fn time_to_live(&self) -> Duration {
        self.store.load(self.id).await.unwrap().unwrap().ttl()
    }

    fn cookie(&self) -> String {
        format!("__Host-id={}", self.token)
    }

    fn browser(&self) -> Browser {
        Browser { cookie: Some(self.cookie()) }
    }
}

fn parsed(token: &str) -> Token {
    Token::parse(token.as_bytes()).unwrap()
}

/// An application whose one route is this handler.
fn serving<H, T>(sessions: &Sessions, handler: H) -> Router
where
    H: Handler<T, ()>,
    T: 'static,
{
    Router::new().route("/", any(handler)).layer(sessions.layer())
}

fn lines(response: &Response<Body>, name: HeaderName) -> Vec<String> {
    response.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

fn cookies(response: &Response<Body>) -> Vec<String> {
    lines(response, header::SET_COOKIE)
}
