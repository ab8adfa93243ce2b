//! Pages whose handlers tell caches to keep them, although they use the session.

use axum::{
    Router,
    extract::{Path, Request},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
    routing::{get, post},
};
use scs::{CookieTransport, MemoryStore, Session, SessionManager, TypedSession};
use serde_json::json;

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u64,
}

type Visit = TypedSession<Visitor>;

/// Which headers for caches the pages come with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Headers {
    /// What handler and session layer make of them.
    Ours,
    /// None, as if there were no such layer.
    None,
}

const PUBLIC: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=600")];

type Public = ([(header::HeaderName, &'static str); 1], String);

pub(super) fn pages(headers: Headers) -> Router {
    let transport = CookieTransport::builder().name("__Host-pages").build().unwrap();
    let pages = Router::new()
        .route("/about", get(async || (PUBLIC, "about us")))
        .route("/session", get(show))
        .route("/count", get(count))
        .route("/visits", post(visit))
        .route("/login/{account}", post(login))
        .route("/logout", post(logout))
        .layer(SessionManager::<Visitor, _>::new(MemoryStore::new()).layer().transport(transport));
    let pages = match headers {
        Headers::Ours => pages,
        Headers::None => pages.layer(from_fn(without_headers)),
    };
    Router::new().nest("/pages", pages)
}

async fn show(session: Visit) -> Public {
    (PUBLIC, json!({"account": session.account()}).to_string())
}

/// The worst that a handler can ask for: its answer to a stranger has the cookie of a new session.
async fn count(session: Visit) -> Public {
    session.update_visits(|visits| *visits += 1);
    show(session).await
}

async fn visit(session: Visit) -> String {
    session.update_visits(|visits| *visits += 1);
    session.visits().to_string()
}

async fn login(session: Visit, Path(account): Path<u64>) -> StatusCode {
    session.set_account(account);
    StatusCode::NO_CONTENT
}

async fn logout(session: Visit) -> StatusCode {
    session.destroy();
    StatusCode::NO_CONTENT
}

async fn without_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    headers.remove(header::CACHE_CONTROL);
    headers.remove(header::VARY);
    response
}
