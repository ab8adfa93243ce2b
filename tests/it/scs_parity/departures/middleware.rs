//! What happens around a handler.

use axum::{
    Router,
    http::{StatusCode, header},
    routing::get,
};
use scs::{CookieTransport, SessionManager};

use crate::scs_parity::{Visit, cookies, known, lines, serving};
use crate::support::{self, Fault, body_text};

/// SCS saves whatever the status is. Here a handler that failed leaves the session as it found it: what
/// it set may be half of something.
#[tokio::test]
async fn a_server_error_saves_nothing() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.set_visits(9);
        StatusCode::BAD_GATEWAY
    });
    known.browser().get(&app, "/").await;
    assert_eq!((known.store.take_calls(), known.open().await.visits()), (vec!["load"], 1));
}

/// When saving fails at the first byte, SCS writes its error page and then the handler's body behind
/// it. Here the handler's response never leaves, neither its body nor its headers.
#[tokio::test]
async fn a_response_whose_session_could_not_be_saved_never_leaves() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.set_visits(9);
        ([(header::LOCATION, "/welcome")], "the account is 12345")
    });
    known.store.fail_next("update", Fault::Refused);
    let response = known.browser().get(&app, "/").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    assert!(response.headers().get(header::LOCATION).is_none());
    assert_eq!(body_text(response).await, "Service Unavailable");
}

/// With its middleware twice around a route, SCS commits twice and sends everything twice. Here that is
/// a mistake, a 500 and an event that says which layer to remove.
#[tokio::test]
async fn two_layers_of_one_session_are_a_mistake_that_is_told() {
    let known = known().await;
    let twice = Router::new().route("/", get("ok")).layer(known.sessions.layer()).layer(known.sessions.layer());
    assert_eq!(support::get(&twice, "/", &[]).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

/// SCS adds its `Vary` on every response, also beside one that is there. Here only responses that used
/// a session have it, and once.
#[tokio::test]
async fn vary_is_there_once_and_only_where_a_session_was_used() {
    let known = known().await;
    let app = serving(&known.sessions, |_: Visit| async { [(header::VARY, "accept, Cookie")] });
    assert_eq!(lines(&support::get(&app, "/", &[]).await, header::VARY), ["accept, Cookie"]);
    let app = serving(&known.sessions, || async {});
    assert_eq!(lines(&support::get(&app, "/", &[]).await, header::VARY), [""; 0]);
}

/// SCS asks caches not to keep the cookie and leaves a handler's own `Cache-Control` beside that, and
/// many a cache keeps the response with the cookie all the same. Here no cache keeps a response with a
/// token, and no shared one keeps what was made from a session.
#[tokio::test]
async fn a_response_with_a_token_is_kept_nowhere_and_one_from_a_session_by_no_shared_cache() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.renew();
        [(header::CACHE_CONTROL, "public, max-age=60")]
    });
    assert_eq!(lines(&known.browser().get(&app, "/").await, header::CACHE_CONTROL), ["no-store"]);
    let app = serving(&known.sessions, |session: Visit| async move { session.visits().to_string() });
    assert_eq!(lines(&support::get(&app, "/", &[]).await, header::CACHE_CONTROL), ["private"]);
}

/// In SCS several sessions in one request are several managers, each with all its names by hand. Here
/// each has its type, and two that would read the same cookie are a mistake that is told.
#[tokio::test]
async fn two_sessions_in_one_request_have_a_type_and_a_cookie_each() {
    #[derive(scs::Session)]
    struct Administrator {
        level: u8,
    }

    let known = known().await;
    let administrators = SessionManager::<Administrator, _>::new(known.store.clone());
    let both = |visitor: Visit, administrator: scs::TypedSession<Administrator>| async move {
        visitor.set_visits(1);
        administrator.set_level(9);
    };
    let clashing = Router::new().route("/", get(both)).layer(known.sessions.layer()).layer(administrators.layer());
    assert_eq!(support::get(&clashing, "/", &[]).await.status(), StatusCode::INTERNAL_SERVER_ERROR);

    let cookie = CookieTransport::builder().name("__Host-admin").build().unwrap();
    let app = Router::new()
        .route("/", get(both))
        .layer(known.sessions.layer())
        .layer(administrators.layer().transport(cookie));
    assert_eq!(cookies(&support::get(&app, "/", &[]).await).len(), 2);
}

/// In SCS a store that is down is a 500 for every route behind the middleware. Here it is a 503, and
/// routes that use no session do not notice.
#[tokio::test]
async fn a_store_that_is_down_concerns_only_routes_that_use_a_session() {
    let known = known().await;
    known.store.fail_next("load", Fault::Refused);
    let app = serving(&known.sessions, || async { "ok" });
    assert_eq!(body_text(known.browser().get(&app, "/").await).await, "ok");
    let app = serving(&known.sessions, |_: Visit| async {});
    let mut browser = known.browser();
    assert_eq!(browser.get(&app, "/").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(browser.cookie.is_some(), "the visitor is not signed out by it");
}
