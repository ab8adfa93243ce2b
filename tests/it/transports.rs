//! How tokens travel, and what does not pass for one.

use axum::{
    Router,
    body::Body,
    http::{Request, header},
    routing::{get, post},
};
use scs::{CookieBuilder, CookieTransport, HeaderTransport, SameSite, Session, SessionManager, Token, TypedSession};
use tower::ServiceExt as _;

use crate::support::{self, SECOND, TestStore, body_text, on_manual_clock, record_token, token_in};

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = TypedSession<Visitor>;

fn routes() -> Router {
    Router::new()
        .route("/outcome", get(|session: Visit| async move { format!("{:?}", session.outcome()) }))
        .route("/visit", post(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
        .route("/logout", post(|session: Visit| async move { session.destroy() }))
        .route(
            "/remember",
            post(|session: Visit| async move {
                session.set_account(1);
                session.remember(true);
            }),
        )
        .route("/forget", post(|session: Visit| async move { session.remember(false) }))
}

async fn with_cookie() -> (Router, TestStore, String) {
    let store = TestStore::new();
    let app = routes().layer(SessionManager::<Visitor, _>::new(store.clone()).layer());
    let token = token_in(&support::post(&app, "/visit", &[]).await).unwrap();
    store.take_calls();
    (app, store, token)
}

/// The outcome of a request with these raw lines in its Cookie headers.
async fn outcome(app: &Router, lines: &[&[u8]]) -> String {
    let mut request = Request::get("/outcome");
    for line in lines {
        request = request.header(header::COOKIE, *line);
    }
    body_text(app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await
}

#[tokio::test]
async fn a_cookie_is_found_among_junk_in_any_number_of_headers() {
    let (app, _, token) = with_cookie().await;
    let ours = format!("__Host-id={token}");
    let ours = ours.as_bytes();
    assert_eq!(outcome(&app, &[ours]).await, "Loaded");
    assert_eq!(outcome(&app, &[&[b"a=1; ", ours, b"; b=2"].concat()]).await, "Loaded");
    assert_eq!(outcome(&app, &[b"a=1", ours, b"b=2"]).await, "Loaded");
    assert_eq!(outcome(&app, &[&[b"\xff\xfe=\x80; =;;; ,;\t ", ours, b"\t ; $Version=1"].concat()]).await, "Loaded");
    let many = format!("{}{}", "x=y; ".repeat(4000), String::from_utf8_lossy(ours));
    assert_eq!(outcome(&app, &[many.as_bytes()]).await, "Loaded");
    assert_eq!(outcome(&app, &[ours, ours]).await, "Loaded", "the same value twice is one");
}

#[tokio::test]
async fn no_other_name_passes_for_ours() {
    let (app, store, token) = with_cookie().await;
    let impostors: [&str; 12] = [
        "__%48ost-id=",
        "\u{2000}__Host-id=",
        "\u{a0}__Host-id=",
        "\u{85}__Host-id=",
        "__host-id=",
        "__Host-id =",
        "\"__Host-id\"=",
        "..Host-id=",
        "=__Host-id=",
        "\u{b}__Host-id=",
        "__Host-id\u{c}=",
        "x__Host-id=",
    ];
    for impostor in impostors {
        let Ok(_) = axum::http::HeaderValue::from_bytes(impostor.as_bytes()) else { continue };
        assert_eq!(outcome(&app, &[format!("{impostor}{token}").as_bytes()]).await, "NoToken", "{impostor:?}");
    }
    assert_eq!(outcome(&app, &[format!("$Version=1, __Host-id={token}").as_bytes()]).await, "NoToken");
    assert_eq!(store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn two_different_cookies_of_our_name_are_ambiguous_in_either_order() {
    let (app, store, token) = with_cookie().await;
    let (ours, other) = (format!("__Host-id={token}"), format!("__Host-id={}", "A".repeat(64)));
    assert_eq!(outcome(&app, &[ours.as_bytes(), other.as_bytes()]).await, "Ambiguous");
    assert_eq!(outcome(&app, &[format!("{other}; {ours}").as_bytes()]).await, "Ambiguous");
    assert_eq!(store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn what_is_not_exactly_a_token_never_reaches_the_store() {
    let (app, store, token) = with_cookie().await;
    let malformed = [
        String::new(),
        token[..63].to_owned(),
        format!("{token}A"),
        format!("\"{token}\""),
        format!("{token}="),
        token.replace(|_| true, "+"),
        format!("{}%41", &token[..61]),
        "../".repeat(22),
        "x".repeat(60_000),
        format!("{} {}", &token[..31], &token[32..]),
    ];
    for value in malformed {
        assert_eq!(outcome(&app, &[format!("__Host-id={value}").as_bytes()]).await, "Malformed");
    }
    assert_eq!(store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn every_other_token_is_unknown() {
    let (app, _, token) = with_cookie().await;
    for position in 0..64 {
        let mut wrong = token.clone().into_bytes();
        wrong[position] = if wrong[position] == b'A' { b'B' } else { b'A' };
        let cookie = [b"__Host-id=".as_slice(), &wrong].concat();
        assert_eq!(outcome(&app, &[&cookie]).await, "Unknown", "character {position}");
    }
    assert_eq!(outcome(&app, &[format!("__Host-id={token}").as_bytes()]).await, "Loaded");
}

#[tokio::test]
async fn a_remembered_session_has_a_persistent_cookie() {
    let (app, _, _) = with_cookie().await;
    let response = support::post(&app, "/remember", &[]).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("; Max-Age=2592000; "), "{cookie}");
    let token = token_in(&response).unwrap();
    let response = support::post(&app, "/forget", &[("cookie", &format!("__Host-id={token}"))]).await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert_eq!(cookie, format!("__Host-id={token}; Path=/; Secure; HttpOnly; SameSite=Lax"));
}

#[test]
fn a_cookie_that_browsers_would_drop_is_refused_with_the_reason() {
    let refused = |settings: fn(CookieBuilder) -> CookieBuilder| {
        settings(CookieTransport::builder()).build().unwrap_err().to_string()
    };
    assert!(refused(|cookie| cookie.domain("example.com")).contains("`__Secure-…`"));
    assert!(refused(|cookie| cookie.path("/app")).contains("`__Secure-…`"));
    assert!(refused(|cookie| cookie.secure(false)).contains("rename it"));
    assert!(refused(|cookie| cookie.name("__Secure-id").secure(false)).contains("rename it"));
    assert!(refused(|cookie| cookie.name("id").secure(false).same_site(SameSite::None)).contains("SameSite=None"));
    assert!(refused(|cookie| cookie.name("id").secure(false).partitioned(true)).contains("partitioned"));
    assert!(refused(|cookie| cookie.name("")).contains("cookie name"));
    assert!(refused(|cookie| cookie.name("a b")).contains("cookie name"));
    assert!(refused(|cookie| cookie.name("x".repeat(4033))).contains("so long"));
    assert!(refused(|cookie| cookie.name("id").path("/a;b")).contains("cookie path"));
    assert!(refused(|cookie| cookie.name("id").path("app")).contains("cookie path"));
    assert!(refused(|cookie| cookie.name("id").path("/app ")).contains("cookie path"), "browsers cut the space off");
    assert!(refused(|cookie| cookie.name("id").path(format!("/{}", "x".repeat(1024)))).contains("cookie path"));
    assert!(refused(|cookie| cookie.name("id").domain("a b")).contains("cookie domain"));
}

#[test]
fn a_cookie_may_be_as_long_as_browsers_take() {
    let name = "x".repeat(4096 - Token::TEXT_LENGTH);
    let path = format!("/{}", "x".repeat(1023));
    let cookie = CookieTransport::builder().name(name.as_str()).path(path).build().unwrap();
    assert_eq!(cookie.name(), name);
}

#[tokio::test]
async fn a_persistent_cookie_stays_for_the_last_second_that_has_begun() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let app = routes().route("/renew", post(|session: Visit| async move { session.renew() })).layer(sessions.layer());
    let token = token_in(&support::post(&app, "/remember", &[]).await).unwrap();
    let max_age = async |token: &str| {
        let response = support::post(&app, "/renew", &[("cookie", &format!("__Host-id={token}"))]).await;
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        let (_, seconds) = cookie.split_once("Max-Age=").unwrap();
        (token_in(&response).unwrap(), seconds.split(';').next().unwrap().parse::<u64>().unwrap())
    };
    clock.advance(SECOND);
    let (token, exactly) = max_age(&token).await;
    clock.advance(SECOND / 1000);
    let (_, begun) = max_age(&token).await;
    assert_eq!((exactly, begun), (30 * 24 * 60 * 60 - 1, 30 * 24 * 60 * 60 - 1));
}

#[tokio::test]
async fn two_layers_that_read_one_header_are_refused_and_two_headers_are_not() {
    #[derive(Session)]
    struct Other {
        visits: u32,
    }
    let outcome = async |other: HeaderTransport| {
        let (sessions, others) =
            (SessionManager::<Visitor, _>::new(TestStore::new()), SessionManager::<Other, _>::new(TestStore::new()));
        let app = routes().layer(sessions.layer().transport(HeaderTransport::bearer()));
        let app = app.layer(others.layer().transport(other));
        support::get(&app, "/outcome", &[]).await.status()
    };
    assert_eq!(outcome(HeaderTransport::bearer()).await, 500);
    assert_eq!(outcome(HeaderTransport::named(header::COOKIE)).await, 200);
}

#[tokio::test]
async fn every_attribute_that_was_asked_for_is_on_the_cookie() {
    let cookie = CookieTransport::builder()
        .name("__Secure-id")
        .domain("example.com")
        .path("/app")
        .same_site(SameSite::None)
        .partitioned(true)
        .build()
        .unwrap();
    let app = routes().layer(SessionManager::<Visitor, _>::new(TestStore::new()).layer().transport(cookie));
    let response = support::post(&app, "/visit", &[]).await;
    let attributes = "; Path=/app; Domain=example.com; Secure; HttpOnly; SameSite=None; Partitioned";
    let token = token_in(&response).unwrap();
    assert_eq!(response.headers()[header::SET_COOKIE], format!("__Secure-id={token}{attributes}"));
    let response = support::post(&app, "/logout", &[("cookie", &format!("__Secure-id={token}"))]).await;
    assert_eq!(response.headers()[header::SET_COOKIE], format!("__Secure-id=; Max-Age=0{attributes}"));
}

#[tokio::test]
async fn a_handlers_own_cookies_are_left_alone() {
    async fn handler(session: Visit) -> axum::response::AppendHeaders<[(header::HeaderName, &'static str); 2]> {
        session.set_visits(1);
        axum::response::AppendHeaders([(header::SET_COOKIE, "a=1"), (header::SET_COOKIE, "b=2")])
    }
    let app = Router::new().route("/", get(handler)).layer(SessionManager::<Visitor, _>::new(TestStore::new()).layer());
    let response = support::get(&app, "/", &[]).await;
    let lines: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!((lines.len(), lines[0], lines[1]), (3, &"a=1".parse().unwrap(), &"b=2".parse().unwrap()));
}

async fn with_bearer(transport: HeaderTransport) -> (Router, String) {
    let sessions = SessionManager::<Visitor, _>::new(TestStore::new());
    let name = transport.response_header().clone();
    let app = routes().layer(sessions.layer().transport(transport));
    let response = support::post(&app, "/visit", &[]).await;
    assert!(response.headers().get(header::SET_COOKIE).is_none());
    let token = record_token(response.headers()[&name].to_str().unwrap());
    (app, token)
}

async fn outcome_with(app: &Router, headers: &[(&str, &str)]) -> String {
    body_text(support::get(app, "/outcome", headers).await).await
}

#[tokio::test]
async fn a_bearer_token_opens_the_session_and_nothing_else_does() {
    let (app, token) = with_bearer(HeaderTransport::bearer()).await;
    let bearer = format!("Bearer {token}");
    assert_eq!(outcome_with(&app, &[("authorization", &bearer)]).await, "Loaded");
    assert_eq!(outcome_with(&app, &[("authorization", &format!("bearer {token}"))]).await, "Loaded");
    assert_eq!(outcome_with(&app, &[("authorization", &format!("Basic {token}"))]).await, "NoToken");
    assert_eq!(outcome_with(&app, &[("authorization", &token)]).await, "NoToken");
    assert_eq!(outcome_with(&app, &[("authorization", &format!("Bearer  {token}"))]).await, "Malformed");
    assert_eq!(outcome_with(&app, &[("authorization", &format!("{bearer}, {bearer}"))]).await, "Malformed");
    assert_eq!(outcome_with(&app, &[("authorization", &bearer), ("authorization", &bearer)]).await, "Ambiguous");
    assert_eq!(outcome_with(&app, &[("cookie", &format!("__Host-id={token}"))]).await, "NoToken");
    let in_the_url = support::get(&app, &format!("/outcome?__Host-id={token}&access_token={token}"), &[]).await;
    assert_eq!(body_text(in_the_url).await, "NoToken");
}

#[tokio::test]
async fn an_ended_session_empties_the_clients_header() {
    let (app, token) = with_bearer(HeaderTransport::bearer()).await;
    let response = support::post(&app, "/logout", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(response.headers()["x-session-token"], "");
}

#[tokio::test]
async fn any_header_may_carry_the_bare_token() {
    let name = axum::http::HeaderName::from_static("x-my-session");
    let (app, token) = with_bearer(HeaderTransport::named(name)).await;
    assert_eq!(outcome_with(&app, &[("x-my-session", &token)]).await, "Loaded");
}
