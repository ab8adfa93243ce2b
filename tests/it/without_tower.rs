//! `SessionLayer::open` and `commit`: sessions in servers without tower, by the mechanism of the middleware.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    extract::FromRequestParts as _,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
    response::IntoResponse as _,
};
use scs::{
    CookieTransport, HeaderTransport, MemoryStore, Outcome, SameSite, Session, SessionError, SessionLayer,
    SessionManager, Transport, TypedSession,
    sealed::{Key, KeyRing, NoRevocation, SealedCookies},
};
use tower::{Layer as _, ServiceExt as _};

use crate::support::{Fault, TestStore, on_manual_clock, record_token};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = TypedSession<Visitor>;
type Layer = SessionLayer<Visitor>;
type Handler = fn(&Visit) -> Page;
type Page = Response<String>;

fn page() -> Page {
    Response::new("a page".to_owned())
}

fn page_with(status: StatusCode, headers: &[(header::HeaderName, &'static str)]) -> Page {
    let mut page = page();
    *page.status_mut() = status;
    for (name, value) in headers {
        page.headers_mut().append(name, HeaderValue::from_static(value));
    }
    page
}

fn read(session: &Visit) -> Page {
    let mut page = page();
    page.headers_mut().insert("x-visits", session.visits().into());
    page
}

fn visit(session: &Visit) -> Page {
    session.update_visits(|visits| *visits += 1);
    page()
}

fn login(session: &Visit) -> Page {
    session.set_account(7);
    page()
}

fn remember(session: &Visit) -> Page {
    session.remember(true);
    login(session)
}

fn logout(session: &Visit) -> Page {
    session.destroy();
    page()
}

fn fail(session: &Visit) -> Page {
    session.set_visits(99);
    page_with(StatusCode::BAD_GATEWAY, &[])
}

fn logout_and_fail(session: &Visit) -> Page {
    session.destroy();
    page_with(StatusCode::BAD_GATEWAY, &[])
}

fn public(_: &Visit) -> Page {
    let headers = [
        (header::CACHE_CONTROL, "public, max-age=600"),
        (header::VARY, "accept"),
        (header::HeaderName::from_static("cdn-cache-control"), "max-age=60"),
    ];
    page_with(StatusCode::OK, &headers)
}

fn public_login(session: &Visit) -> Page {
    login(session);
    public(session)
}

fn with_cookies(session: &Visit) -> Page {
    session.renew();
    let cookies = ["__Host-id=mine", "theme=dark", "__Host-id-2=theirs"];
    page_with(StatusCode::OK, &cookies.map(|cookie| (header::SET_COOKIE, cookie)))
}

/// Answers a request as a server without tower does.
async fn serve(sessions: &Layer, headers: &HeaderMap, handler: Handler) -> (Page, Result<(), SessionError>) {
    let session = sessions.open(headers).await.unwrap();
    let mut response = handler(&session);
    let committed = sessions.commit(&session, &mut response).await;
    (response, committed)
}

/// Answers it behind the middleware.
async fn serve_with_tower(sessions: &Layer, headers: &HeaderMap, handler: Handler) -> Response<Body> {
    let service = sessions.layer(tower::service_fn(move |request: Request<Body>| async move {
        let (mut parts, _) = request.into_parts();
        let session = Visit::from_request_parts(&mut parts, &()).await.unwrap();
        Ok::<_, Infallible>(handler(&session).map(Body::from))
    }));
    let mut request = Request::new(Body::empty());
    *request.headers_mut() = headers.clone();
    service.oneshot(request).await.unwrap()
}

/// A client that sends back the last token it was given.
#[derive(Default)]
struct Client(HeaderMap);

impl Client {
    /// Learns a token, and gives the head without it.
    fn learn<B>(&mut self, response: &Response<B>) -> (StatusCode, Vec<String>) {
        let mut lines = Vec::new();
        for (name, value) in response.headers() {
            let value = value.to_str().unwrap();
            let text = value.split(';').next().unwrap();
            let (before, token) = text.rsplit_once('=').unwrap_or(("", text));
            let is_token = token.len() == 64;
            if is_token {
                record_token(token);
                let (name, text) = match name {
                    &header::SET_COOKIE => (header::COOKIE, text.to_owned()),
                    _ => (header::AUTHORIZATION, format!("Bearer {token}")),
                };
                self.0.insert(name, text.parse().unwrap());
            } else if ["set-cookie", "x-session-token"].contains(&name.as_str()) && token.is_empty() {
                self.0.clear();
            }
            let shown = if is_token { value.replace(token, "TOKEN") } else { value.to_owned() };
            lines.push(format!("{name}: {shown}"));
            assert!(!is_token || !before.contains("TOKEN"));
        }
        lines.sort();
        (response.status(), lines)
    }
}

fn transports() -> [Transport; 3] {
    let shared = CookieTransport::builder().name("__Secure-shop").domain("example.com").path("/shop");
    [
        CookieTransport::default().into(),
        shared.same_site(SameSite::None).partitioned(true).build().unwrap().into(),
        HeaderTransport::bearer().into(),
    ]
}

#[tokio::test]
async fn without_tower_a_response_says_what_the_middleware_would_say() {
    let handlers: [(&str, Handler); 15] = [
        ("read", read),
        ("public, anonymous", public),
        ("visit", visit),
        ("read again", read),
        ("login", login),
        ("read, signed in", read),
        ("public, signed in", public),
        ("remember", remember),
        ("public login", public_login),
        ("fail", fail),
        ("read after a failure", read),
        ("logout and fail", logout_and_fail),
        ("visit after a logout", visit),
        ("logout", logout),
        ("read after a logout", read),
    ];
    for transport in transports() {
        let (sessions, _, _) = on_manual_clock::<Visitor>();
        let (others, _, _) = on_manual_clock::<Visitor>();
        let [with, without] = [sessions, others].map(|sessions| sessions.layer().transport(transport.clone()));
        let (mut one, mut other) = (Client::default(), Client::default());
        let mut told = Vec::new();
        for (name, handler) in handlers {
            let expected = one.learn(&serve_with_tower(&with, &one.0.clone(), handler).await);
            let (response, committed) = serve(&without, &other.0.clone(), handler).await;
            assert!(committed.is_ok() && response.body() == "a page");
            assert_eq!(other.learn(&response), expected, "{name} with {transport:?}");
            told.extend(expected.1);
        }
        let is_cookie = matches!(transport, Transport::Cookie(_));
        assert_eq!(told.iter().any(|line| line.contains("Max-Age=2592000")), is_cookie, "{told:#?}");
        assert_eq!(told.iter().filter(|line| line.contains("TOKEN")).count(), 5, "{told:#?}");
    }
}

#[tokio::test]
async fn without_tower_a_client_with_two_different_tokens_has_none() {
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let layer = sessions.layer();
    let mut client = Client::default();
    client.learn(&serve(&layer, &HeaderMap::new(), visit).await.0);
    store.take_calls();
    let ours = client.0[header::COOKIE].to_str().unwrap().to_owned();
    let forged = format!("__Host-id={}", "A".repeat(64));
    let outcomes = [
        (vec![], Outcome::NoToken),
        (vec!["theme=dark"], Outcome::NoToken),
        (vec!["__Host-id=short"], Outcome::Malformed),
        (vec![&ours, &forged], Outcome::Ambiguous),
        (vec![&ours, "theme=dark", &ours], Outcome::Loaded),
    ];
    for (lines, outcome) in outcomes {
        let cookies = lines.iter().map(|line| (header::COOKIE, line.parse().unwrap()));
        let session = layer.open(&cookies.collect()).await.unwrap();
        assert_eq!(session.outcome(), outcome, "{}", lines.len());
    }
    assert_eq!(store.take_calls(), ["load"], "for the one that is a token");
}

#[tokio::test]
async fn without_tower_a_token_from_an_earlier_commit_of_the_handler_is_told() {
    let (sessions, _, _) = on_manual_clock::<Visitor>();
    let layer = sessions.layer();
    let session = layer.open(&HeaderMap::new()).await.unwrap();
    session.set_account(7);
    session.commit().await.unwrap();
    session.set_visits(1);
    let mut response = page();
    layer.commit(&session, &mut response).await.unwrap();
    let mut client = Client::default();
    client.learn(&response);
    let session = layer.open(&client.0).await.unwrap();
    assert_eq!((session.account(), session.visits()), (Some(7), 1));
    layer.commit(&session, &mut response).await.unwrap();
    session.set_account(8);
    assert!(matches!(session.commit().await, Err(SessionError::HeadSent)), "the head is closed");
}

#[tokio::test]
async fn without_tower_a_response_whose_changes_are_lost_is_the_answer_to_the_error() {
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let layer = sessions.layer().on_error(|error| match error.is_transient() {
        true => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "7")], "a body").into_response(),
        false => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    });
    let mut client = Client::default();
    client.learn(&serve(&layer, &HeaderMap::new(), login).await.0);

    store.fail_next("update", Fault::Refused);
    let (response, committed) = serve(&layer, &client.0, public_login).await;
    assert!(matches!(committed, Err(SessionError::Store(_))));
    assert_eq!((response.status().as_u16(), response.body().as_str()), (503, ""), "nothing of the handler's");
    assert_eq!(response.headers()["retry-after"], "7");
    assert!(!response.headers().contains_key(header::SET_COOKIE));
    assert_eq!(layer.open(&client.0).await.unwrap().account(), Some(7), "the token is kept");

    store.fail_next("delete", Fault::Refused);
    let (response, committed) = serve(&layer, &client.0, logout).await;
    assert!(committed.is_err() && response.status() == 503);
    client.learn(&response);
    assert!(client.0.is_empty(), "a logout that failed makes the client forget its token");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn without_tower_a_request_that_lost_against_a_logout_gets_the_answer_of_its_handler_and_no_cookie() {
    let (sessions, _, _) = on_manual_clock::<Visitor>();
    let layer = sessions.layer();
    let mut client = Client::default();
    client.learn(&serve(&layer, &HeaderMap::new(), visit).await.0);
    let session = layer.open(&client.0).await.unwrap();
    assert!(sessions.revoke(session.id()).await.unwrap());
    let mut response = visit(&session);
    layer.commit(&session, &mut response).await.unwrap();
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "a page"));
    assert!(!response.headers().contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn without_tower_a_request_that_is_dropped_saves_nothing() {
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let layer = sessions.layer();
    visit(&layer.open(&HeaderMap::new()).await.unwrap());
    assert_eq!(store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn without_tower_a_session_that_the_manager_opened_can_be_told_too() {
    let (sessions, _, _) = on_manual_clock::<Visitor>();
    let layer = sessions.layer();
    let session = sessions.open(None).await.unwrap();
    let mut response = login(&session);
    layer.commit(&session, &mut response).await.unwrap();
    let mut client = Client::default();
    client.learn(&response);
    assert_eq!(layer.open(&client.0).await.unwrap().account(), Some(7));
}

fn cookies<B>(response: &Response<B>) -> Vec<&str> {
    let lines = response.headers().get_all(header::SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap().split(['=', ';']).next().unwrap()).collect()
}

#[tokio::test]
async fn a_response_has_one_cookie_of_a_name_and_those_of_others_stay() {
    let (sessions, _, _) = on_manual_clock::<Visitor>();
    let layer = sessions.layer();
    let mut client = Client::default();
    client.learn(&serve(&layer, &HeaderMap::new(), visit).await.0);
    let (response, _) = serve(&layer, &client.0, with_cookies).await;
    assert_eq!(cookies(&response), ["theme", "__Host-id-2", "__Host-id"]);
    client.learn(&response);
    assert_eq!(layer.open(&client.0).await.unwrap().outcome(), Outcome::Loaded);
    let response = serve_with_tower(&layer, &client.0, with_cookies).await;
    assert_eq!(cookies(&response), ["theme", "__Host-id-2", "__Host-id"]);
}

#[derive(Session)]
struct Administrator {
    visits: u32,
}

#[derive(Session)]
struct Guest {
    visits: u32,
}

fn cookie(name: &str) -> CookieTransport {
    CookieTransport::builder().name(name).build().unwrap()
}

fn layers() -> (Layer, SessionLayer<Administrator>, SessionLayer<Guest>, TestStore) {
    let store = TestStore::new();
    (
        SessionManager::<Visitor, _>::new(MemoryStore::new()).layer(),
        SessionManager::<Administrator, _>::new(MemoryStore::new()).layer().transport(cookie("__Host-admin")),
        SessionManager::<Guest, _>::new(store.clone()).layer().transport(cookie("__Host-guest")),
        store,
    )
}

#[tokio::test]
async fn without_tower_a_refusal_keeps_the_tokens_of_other_schemas() {
    let (visitors, administrators, guests, store) = layers();
    let headers = HeaderMap::new();
    let (visitor, administrator, guest) = (
        visitors.open(&headers).await.unwrap(),
        administrators.open(&headers).await.unwrap(),
        guests.open(&headers).await.unwrap(),
    );
    visitor.set_visits(1);
    administrator.set_visits(1);
    guest.set_visits(1);
    let mut response = page();
    visitors.commit(&visitor, &mut response).await.unwrap();
    administrators.commit(&administrator, &mut response).await.unwrap();
    store.fail_next("create", Fault::Refused);
    assert!(guests.commit(&guest, &mut response).await.is_err());
    assert_eq!((response.status().as_u16(), cookies(&response)), (503, vec!["__Host-id", "__Host-admin"]));
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

/// Of three layers two are inner: the note of the second once took the place of the first's.
#[tokio::test]
async fn a_refusal_of_the_outermost_layer_keeps_the_tokens_of_all_inner_ones() {
    let (visitors, administrators, guests, store) = layers();
    let handler = tower::service_fn(|request: Request<Body>| async move {
        let (mut parts, _) = request.into_parts();
        Visit::from_request_parts(&mut parts, &()).await.unwrap().set_visits(1);
        TypedSession::<Administrator>::from_request_parts(&mut parts, &()).await.unwrap().set_visits(1);
        TypedSession::<Guest>::from_request_parts(&mut parts, &()).await.unwrap().set_visits(1);
        Ok::<_, Infallible>("a page")
    });
    let service = guests.layer(administrators.layer(visitors.layer(handler)));
    store.fail_next("create", Fault::Refused);
    let response = service.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!((response.status().as_u16(), cookies(&response)), (503, vec!["__Host-id", "__Host-admin"]));
}

#[derive(Session)]
#[session(sealed)]
struct Sealed {
    visits: u32,
}

#[tokio::test]
async fn without_tower_a_sealed_session_opens_under_the_name_that_the_middleware_sealed_it_for() {
    let keys = KeyRing::new(Key::generate().unwrap());
    let cookies = SealedCookies::new(keys, NoRevocation).application("shop");
    let sessions = SessionManager::<Sealed, _>::builder(cookies).idle_timeout(Duration::from_mins(30)).build().unwrap();
    let layer = sessions.layer().transport(cookie("__Host-shop"));
    let service = layer.layer(tower::service_fn(|request: Request<Body>| async move {
        let (mut parts, _) = request.into_parts();
        TypedSession::<Sealed>::from_request_parts(&mut parts, &()).await.unwrap().set_visits(3);
        Ok::<_, Infallible>("a page")
    }));
    let response = service.oneshot(Request::new(Body::empty())).await.unwrap();
    let line = response.headers()[header::SET_COOKIE].to_str().unwrap();
    let pair = line.split(';').next().unwrap();
    record_token(pair.split_once('=').unwrap().1);
    let headers = HeaderMap::from_iter([(header::COOKIE, pair.parse().unwrap())]);
    assert_eq!(layer.open(&headers).await.unwrap().visits(), 3);
}
