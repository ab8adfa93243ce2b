//! Developing without https: the cookie for it, its guard, and the one line for a cookie that a browser dropped.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, Version, header},
    response::Response,
    routing::{get, post},
};
use scs::{CookieTransport, HeaderTransport, ManualClock, SessionLayer};
use tower::ServiceExt as _;

use super::{Visit, Visitor};
use crate::{
    events::Log,
    support::{self, SECOND, body_text, on_manual_clock, token_in},
};

fn app(layer: SessionLayer<Visitor>) -> Router {
    Router::new()
        .route("/visit", post(|session: Visit| async move { session.update_visits(|visits| *visits += 1) }))
        .route("/read", get(|session: Visit| async move { session.visits().to_string() }))
        .route("/plain", get(|| async { "plain" }))
        .layer(layer)
}

fn in_development() -> Router {
    app(on_manual_clock().0.layer().transport(CookieTransport::insecure_dev()))
}

async fn send(app: &Router, method: &str, uri: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

const NEAR: [&str; 17] = [
    "localhost",
    "localhost:3000",
    "LOCALHOST",
    "localhost.",
    "app.localhost:80",
    "127.0.0.1:3000",
    "127.8.9.1",
    "[::1]",
    "[::1]:3000",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255:3000",
    "192.168.178.20:3000",
    "169.254.1.1",
    "[fd00::1]",
    "[fe80::1]:3000",
    "[::ffff:192.168.0.1]",
];

const FAR: [&str; 16] = [
    "example.com",
    "example.com:3000",
    "localhost.example.com",
    "notlocalhost",
    "8.8.8.8",
    "172.32.0.1",
    "172.15.0.1",
    "192.169.0.1",
    "11.0.0.1",
    "0.0.0.0",
    "[2001:db8::1]",
    "[::ffff:8.8.8.8]",
    "100.64.0.1",
    "",
    "local host",
    "127.0.0.1.example.com",
];

#[tokio::test]
async fn the_cookie_for_development_is_the_default_one_without_prefix_and_secure() {
    let app = in_development();
    let response = send(&app, "POST", "/visit", &[("host", "localhost:3000")]).await;
    let token = token_in(&response).map(|token| support::record_token(&token)).unwrap();
    assert_eq!(response.headers()[header::SET_COOKIE], format!("id-dev={token}; Path=/; HttpOnly; SameSite=Lax"));
    let cookie = format!("id-dev={token}");
    let headers = [("host", "localhost:3000"), ("cookie", cookie.as_str())];
    assert_eq!(body_text(send(&app, "GET", "/read", &headers).await).await, "1");
    let cookie = format!("__Host-id={token}");
    let headers = [("host", "localhost:3000"), ("cookie", cookie.as_str())];
    assert_eq!(body_text(send(&app, "GET", "/read", &headers).await).await, "0", "it is another cookie");
}

#[tokio::test]
async fn the_cookie_for_development_serves_this_machine_and_its_network() {
    let (log, _guard) = Log::capture();
    let app = in_development();
    for host in NEAR {
        assert_eq!(send(&app, "GET", "/read", &[("host", host)]).await.status(), StatusCode::OK, "{host}");
        let uri = format!("http://{host}/read");
        assert_eq!(send(&app, "GET", &uri, &[]).await.status(), StatusCode::OK, "{uri}, as in HTTP/2");
    }
    assert!(log.lines("ERROR").is_empty());
}

#[tokio::test]
async fn the_cookie_for_development_serves_nobody_else_and_logs_an_error_for_each() {
    let (log, _guard) = Log::capture();
    let (sessions, _, clock) = on_manual_clock();
    let app = app(sessions.layer().transport(CookieTransport::insecure_dev()));
    let mut count = 0;
    let mut refuses = async |uri: &str, headers: &[(&str, &str)]| {
        let response = send(&app, "GET", uri, headers).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{uri} {headers:?}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(body_text(response).await, "Service Unavailable");
        count += 1;
        clock.advance(SECOND);
        assert_eq!(log.lines("ERROR").len(), count);
        assert!(log.lines("ERROR")[count - 1].contains("`CookieTransport::insecure_dev()`"));
    };
    for host in FAR {
        refuses("/read", &[("host", host)]).await;
    }
    refuses("/plain", &[("host", "example.com")]).await;
    refuses("/read", &[]).await;
    refuses("http://example.com/read", &[("host", "localhost")]).await;
    refuses("http://localhost/read", &[("host", "example.com")]).await;
    refuses("/read", &[("host", "localhost"), ("host", "example.com")]).await;
    refuses("https://localhost/read", &[]).await;
    for proxy in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "X-Forwarded-Proto"] {
        refuses("/read", &[("host", "localhost"), (proxy, "for=127.0.0.1")]).await;
    }
}

/// Whatever a proxy adds or changes gives it away, though it passes its own address on as the host, as nginx does.
#[tokio::test]
async fn the_cookie_for_development_serves_no_proxy_whatever_gives_it_away() {
    let (log, _guard) = Log::capture();
    let app = in_development();
    for name in OF_PROXIES {
        let response = send(&app, "GET", "/read", &[("host", "127.0.0.1:3000"), (name, "1")]).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{name}");
    }
    for version in [Version::HTTP_09, Version::HTTP_10] {
        let request = Request::builder().uri("/read").version(version).header("host", "127.0.0.1:3000");
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{version:?}");
    }
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let request = Request::builder().uri("/read").version(version).header("host", "127.0.0.1:3000");
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{version:?}");
    }
    assert_eq!(log.lines("ERROR").len(), 10, "strangers fill no log");
}

const OF_PROXIES: [&str; 24] = [
    "via",
    "Via",
    "forwarded",
    "forwarded-for",
    "x-forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "X-Forwarded-Server",
    "x-forwarded-prefix",
    "x-real-ip",
    "X-Real-IP",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-original-host",
    "x-envoy-external-address",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "x-amzn-trace-id",
    "cdn-loop",
];

#[tokio::test]
async fn every_other_transport_serves_whoever_comes() {
    let (log, _guard) = Log::capture();
    let sessions = on_manual_clock::<Visitor>().0;
    let named = CookieTransport::builder().name("id-dev").secure(false).build().unwrap();
    let layers =
        [sessions.layer(), sessions.layer().transport(named), sessions.layer().transport(HeaderTransport::bearer())];
    for layer in layers {
        let app = app(layer);
        for host in FAR {
            let headers = [("host", host), ("x-forwarded-for", "8.8.8.8")];
            assert_eq!(send(&app, "GET", "/read", &headers).await.status(), StatusCode::OK, "{host}");
        }
    }
    assert_eq!(log.lines("insecure_dev"), [""; 0]);
}

#[tokio::test]
async fn a_layer_for_development_warns_once_when_it_is_made() {
    let (log, _guard) = Log::capture();
    let app = in_development();
    for _ in 0..3 {
        send(&app, "POST", "/visit", &[("host", "localhost")]).await;
    }
    let lines = log.lines("do not deploy this");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("WARN"), "{lines:?}");
}

/// A browser that takes no `Secure` cookie from a plain address in the network.
struct Forgetful {
    app: Router,
    clock: Arc<ManualClock>,
    log: Log,
}

impl Forgetful {
    fn new(change: impl FnOnce(SessionLayer<Visitor>) -> SessionLayer<Visitor>, log: Log) -> Self {
        let (sessions, _, clock) = on_manual_clock::<Visitor>();
        Self { app: app(change(sessions.layer())), clock, log }
    }

    async fn visit(&self, headers: &[(&str, &str)]) {
        self.visit_at("/visit", headers).await;
    }

    async fn visit_at(&self, uri: &str, headers: &[(&str, &str)]) {
        assert_eq!(send(&self.app, "POST", uri, headers).await.status(), StatusCode::OK);
    }

    /// Whether the line was logged, once.
    fn was_told(&self) -> bool {
        let lines = self
            .log
            .lines("the browser dropped the Secure cookie: use https, localhost or CookieTransport::insecure_dev()");
        assert!(lines.len() <= 1, "{lines:?}");
        lines.len() == 1
    }
}

const PHONE: [(&str, &str); 2] = [("host", "192.168.0.7:3000"), ("user-agent", "a phone")];

#[tokio::test]
async fn a_cookie_that_does_not_come_back_is_told_once() {
    let (log, _guard) = Log::capture();
    let browser = Forgetful::new(|layer| layer, log);
    browser.visit(&PHONE).await;
    assert!(!browser.was_told());
    browser.clock.advance(2 * SECOND - std::time::Duration::from_millis(1));
    browser.visit(&PHONE).await;
    assert!(browser.was_told());
    browser.visit(&PHONE).await;
    browser.visit(&PHONE).await;
    assert!(browser.was_told());
}

#[tokio::test]
async fn a_cookie_that_may_have_come_back_is_not_told() {
    let (log, _guard) = Log::capture();
    let any = |layer| layer;
    let late = Forgetful::new(any, log.clone());
    late.visit(&PHONE).await;
    late.clock.advance(2 * SECOND);
    late.visit(&PHONE).await;
    assert!(!late.was_told(), "that was long ago");

    let other = Forgetful::new(any, log.clone());
    other.visit(&PHONE).await;
    other.visit(&[PHONE[0], ("user-agent", "a tablet")]).await;
    other.visit(&[("host", "192.168.0.8"), PHONE[1]]).await;
    assert!(!other.was_told(), "those were others");

    let with_cookie = Forgetful::new(any, log.clone());
    with_cookie.visit(&PHONE).await;
    with_cookie.visit(&[PHONE[0], PHONE[1], ("cookie", "theme=dark")]).await;
    assert!(!with_cookie.was_told(), "it takes cookies");

    for near in [("host", "localhost:3000"), ("host", "app.localhost"), ("host", "127.0.0.1"), ("host", "[::1]")] {
        let trusted = Forgetful::new(any, log.clone());
        trusted.visit(&[near]).await;
        trusted.visit(&[near]).await;
        assert!(!trusted.was_told(), "browsers trust {near:?}");
    }
    for proxy in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"] {
        let behind = Forgetful::new(any, log.clone());
        behind.visit(&[PHONE[0], (proxy, "https")]).await;
        behind.visit(&[PHONE[0], (proxy, "https")]).await;
        assert!(!behind.was_told(), "there may be https before the proxy");
    }
    let over_https = Forgetful::new(any, log.clone());
    over_https.visit_at("https://example.com/visit", &PHONE).await;
    over_https.visit_at("https://example.com/visit", &PHONE).await;
    assert!(!over_https.was_told());
}

type Change = fn(SessionLayer<Visitor>, CookieTransport) -> SessionLayer<Visitor>;

#[tokio::test]
async fn a_cookie_that_browsers_take_from_anywhere_is_not_missed() {
    let (log, _guard) = Log::capture();
    let plain = || CookieTransport::builder().name("id").secure(false).build().unwrap();
    let changes: [Change; 3] = [
        |layer, plain| layer.transport(plain),
        |layer, _| layer.transport(HeaderTransport::bearer()),
        |layer, _| layer.transport(CookieTransport::insecure_dev()),
    ];
    for change in changes {
        let browser = Forgetful::new(|layer| change(layer, plain()), log.clone());
        browser.visit(&PHONE).await;
        browser.visit(&PHONE).await;
        assert!(!browser.was_told());
    }
}
