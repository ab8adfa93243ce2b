//! Cookies to the byte: what is read, what is built, what browsers keep of it, and `scs::testing`.

mod builder;
mod dates;
mod differential;
mod jar;
mod localhost;
mod testing;
mod two_of_a_name;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use scs::{
    CookieTransport, ManualClock, Session, SessionManager, TypedSession,
    testing::{CookieJar, Fetch},
};
use tower::{Layer as _, ServiceExt as _};

use crate::support::{self, START, TestStore};

#[derive(Session)]
pub(crate) struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = TypedSession<Visitor>;
type Sessions = SessionManager<Visitor, TestStore>;

fn jar() -> (CookieJar, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    (CookieJar::new(clock.clone()), clock)
}

fn get(uri: &str) -> Fetch {
    Fetch::new(Method::GET, uri.parse().unwrap())
}

/// The `Set-Cookie` line of a new session.
async fn set_cookie(transport: CookieTransport) -> String {
    let layer = Sessions::new(TestStore::new()).layer().transport(transport);
    let app = layer.layer(tower::service_fn(|request: Request<Body>| async move {
        let (mut parts, _) = request.into_parts();
        <Visit as axum::extract::FromRequestParts<()>>::from_request_parts(&mut parts, &())
            .await
            .unwrap()
            .set_visits(1);
        Ok::<_, std::convert::Infallible>(())
    }));
    let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    let line = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    support::record_token(line.split(';').next().unwrap().split_once('=').unwrap().1);
    line
}
