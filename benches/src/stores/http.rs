//! The same operations as requests to an axum router, without a socket.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderValue, Request, Response, StatusCode,
        header::{COOKIE, SET_COOKIE},
    },
    response::AppendHeaders,
    routing::get,
};
use scs::{MemoryStore, Session, SessionManager, TypedSession, store::Store};
use tower::ServiceExt as _;

use crate::{raw::Raw, subject::Subject};

/// An application. It knows a session by its cookie.
#[derive(Clone)]
pub struct Http {
    router: Router,
}

impl Http {
    async fn get(&self, path: &'static str, cookie: Option<&HeaderValue>) -> Response<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = axum::http::Uri::from_static(path);
        request.headers_mut().extend(cookie.map(|cookie| (COOKIE, cookie.clone())));
        let answer = self.router.clone().oneshot(request).await;
        let response = match answer {
            Ok(response) => response,
            Err(never) => match never {},
        };
        assert_eq!(response.status(), StatusCode::OK);
        response
    }
}

impl Subject for Http {
    type Session = HeaderValue;

    async fn create(&self) -> HeaderValue {
        let response = self.get("/create", None).await;
        let cookie = response.headers()[SET_COOKIE].to_str().expect("cookies are ASCII");
        let (pair, _) = cookie.split_once(';').expect("a cookie has attributes");
        HeaderValue::from_str(pair).expect("it was a header value before")
    }

    async fn read(&self, cookie: &HeaderValue) {
        self.get("/read", Some(cookie)).await;
    }

    async fn change(&self, cookie: &HeaderValue) {
        self.get("/change", Some(cookie)).await;
    }
}

/// A raw client in handlers, and a cookie with the id in it: the least that an application does.
pub fn over_raw<R: Raw>(raw: R) -> Http {
    let create = |State(raw): State<R>| async move {
        let id = u128::from_be_bytes(raw.create().await);
        AppendHeaders([(SET_COOKIE, format!("id={id:032x}; Path=/; HttpOnly; SameSite=Lax; Secure"))])
    };
    let read = |State(raw): State<R>, headers: HeaderMap| async move { raw.read(&id(&headers)).await };
    let change = |State(raw): State<R>, headers: HeaderMap| async move { raw.change(&id(&headers)).await };
    let router = Router::new().route("/create", get(create)).route("/read", get(read)).route("/change", get(change));
    Http { router: router.with_state(raw) }
}

fn id(headers: &HeaderMap) -> [u8; 16] {
    let cookie = headers[COOKIE].to_str().expect("cookies are ASCII");
    let digits = cookie.strip_prefix("id=").expect("it is the one of this application");
    u128::from_str_radix(digits, 16).expect("it has digits").to_be_bytes()
}

#[derive(Session)]
struct Visitor {
    visits: u64,
    note: String,
}

/// With it a record has about 160 bytes.
const NOTE: &str = "a note of thirty-two characters.";

/// Sessions in a store, with everything that belongs to them.
pub fn over_store<S: Store>(store: S) -> Http {
    let sessions = SessionManager::<Visitor, _>::new(store);
    let create = |session: TypedSession<Visitor>| async move {
        session.set_visits(1);
        session.set_note(NOTE.to_owned());
    };
    let read = |session: TypedSession<Visitor>| async move { assert!(session.visits() > 0) };
    let change = |session: TypedSession<Visitor>| async move { session.update_visits(|visits| *visits += 1) };
    let router = Router::new().route("/create", get(create)).route("/read", get(read)).route("/change", get(change));
    Http { router: router.layer(sessions.layer()) }
}

/// How many bytes such a session has in its store.
pub async fn record_size() -> usize {
    let store = MemoryStore::new();
    over_store(store.clone()).create().await;
    store.statistics().payload_bytes
}
