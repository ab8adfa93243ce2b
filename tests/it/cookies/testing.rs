//! `scs::testing`, as an application's tests use it.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
    routing::{get, post},
};
use scs::{
    CookieTransport, HeaderTransport, Outcome, Session, TypedSession,
    testing::{Context, TestClient, TestError, TestSessions},
};
use tower::ServiceExt as _;

use crate::support::{DAY, MINUTE, body_text};

#[derive(Session)]
struct Shopper {
    #[session(index, renews)]
    account: Option<u64>,
    cart: Vec<String>,
}

type Shop = TypedSession<Shopper>;

async fn add_tea(session: Shop) -> Result<(), StatusCode> {
    session.account().ok_or(StatusCode::UNAUTHORIZED)?;
    session.update_cart(|cart| cart.push("tea".to_owned()));
    Ok(())
}

fn app(tests: &TestSessions<Shopper>) -> Router {
    Router::new()
        .route("/tea", post(add_tea))
        .route("/cart", get(|session: Shop| async move { session.cart().join(" ") }))
        .route("/login", post(|session: Shop| async move { session.set_account(7) }))
        .route("/remember", post(|session: Shop| async move { (session.set_account(7), session.remember(true)).0 }))
        .route("/logout", post(|session: Shop| async move { session.destroy() }))
        .layer(tests.layer())
}

#[tokio::test]
async fn a_request_comes_from_somebody_who_is_signed_in_already() {
    let tests = TestSessions::<Shopper>::new();
    let request = tests.request("POST", "/tea", |session| session.set_account(7)).await.unwrap();
    let request = request.body(Body::empty()).unwrap();
    let headers = request.headers().clone();
    assert_eq!(app(&tests).oneshot(request).await.unwrap().status(), StatusCode::OK);
    assert_eq!(tests.session(&headers).await.unwrap().cart(), ["tea"]);
}

#[tokio::test]
async fn a_request_of_a_client_in_whose_session_nothing_was_set_has_no_cookie() {
    let tests = TestSessions::<Shopper>::new();
    let request = tests.request("POST", "/tea", |_| {}).await.unwrap().body(Body::empty()).unwrap();
    assert!(request.headers().is_empty());
    assert_eq!(tests.session(request.headers()).await.unwrap().outcome(), Outcome::NoToken);
    assert_eq!(app(&tests).oneshot(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(tests.request("not a method", "/", |_| {}).await.unwrap().body(()).is_err());
    assert!(tests.request("GET", "not a path", |session| session.set_account(7)).await.unwrap().body(()).is_err());
}

#[tokio::test]
async fn a_client_goes_from_request_to_request_with_its_cookie() {
    let tests = TestSessions::<Shopper>::new();
    let mut client = tests.client(app(&tests));
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(client.jar().cookies().count(), 0);
    client.post("/login").await.unwrap();
    client.post("/tea").await.unwrap();
    assert_eq!(body_text(client.get("/cart").await.unwrap()).await, "tea");
    assert_eq!(tests.session_of(&client).await.unwrap().account(), Some(7));
    let mut other_window = client.clone();
    client.post("/logout").await.unwrap();
    assert_eq!(client.jar().cookies().count(), 0);
    assert_eq!(body_text(other_window.get("/cart").await.unwrap()).await, "", "its cookie is worthless");
}

#[tokio::test]
async fn a_client_begins_signed_in_and_time_passes_when_the_test_says_so() {
    let tests = TestSessions::<Shopper>::with(|sessions| sessions.idle_timeout(5 * MINUTE)).unwrap();
    let mut client = tests.client_with(app(&tests), |session| session.set_account(7)).await.unwrap();
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::OK);
    tests.clock().advance(4 * MINUTE);
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::OK);
    tests.clock().advance(5 * MINUTE);
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(TestSessions::<Shopper>::with(|sessions| sessions.idle_timeout(2 * DAY)).is_err());
}

#[tokio::test]
async fn a_client_forgets_with_the_browser_what_is_not_remembered() {
    let tests = TestSessions::<Shopper>::default();
    let mut client = tests.client(app(&tests));
    client.post("/login").await.unwrap();
    client.jar_mut().close_browser();
    assert_eq!(tests.session_of(&client).await.unwrap().account(), None);
    client.post("/remember").await.unwrap();
    client.jar_mut().close_browser();
    assert_eq!(tests.session_of(&client).await.unwrap().account(), Some(7));
    tests.clock().advance(30 * DAY);
    assert_eq!(client.jar().cookies().count(), 0);
}

#[tokio::test]
async fn a_page_of_another_site_sends_a_form_without_the_session_and_a_link_with_it() {
    let tests = TestSessions::<Shopper>::new();
    let app = app(&tests);
    let mut client = tests.client_with(app, |session| session.set_account(7)).await.unwrap();
    client.post("/tea").await.unwrap();
    let form = Request::post("/tea").body(Body::empty()).unwrap();
    assert_eq!(client.send_from(Context::Link, form).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let link = Request::get("/cart").body(Body::empty()).unwrap();
    assert_eq!(body_text(client.send_from(Context::Link, link).await.unwrap()).await, "tea");
    let image = Request::get("/cart").body(Body::empty()).unwrap();
    let embedded = Context::Embedded("https://other.example".to_owned());
    assert_eq!(body_text(client.send_from(embedded, image).await.unwrap()).await, "");
}

#[tokio::test]
async fn a_client_at_a_plain_address_drops_the_cookie_as_browsers_do() {
    let tests = TestSessions::<Shopper>::new();
    let mut client = tests.client(app(&tests)).at("http://192.168.0.7:3000".parse().unwrap());
    client.post("/login").await.unwrap();
    assert_eq!(client.jar().cookies().count(), 0);
    let mut client = tests.client(app(&tests)).at("https://shop.example.com/".parse().unwrap());
    client.post("/login").await.unwrap();
    assert_eq!(client.jar().cookies().next().unwrap().domain(), "shop.example.com");
}

#[tokio::test]
async fn requests_say_which_host_they_are_for_unless_the_test_did() {
    let echo = |request: Request<Body>| async move {
        let hosts: Vec<_> =
            request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap().to_owned()).collect();
        Ok::<_, Infallible>(Response::new(hosts.join(", ")))
    };
    let tests = TestSessions::<Shopper>::new();
    let mut client = tests.client(tower::service_fn(echo)).at("http://localhost:3000".parse().unwrap());
    assert_eq!(client.get("/").await.unwrap().body(), "localhost:3000");
    let request = Request::get("/").header(header::HOST, "example.com").body(Body::empty()).unwrap();
    assert_eq!(client.send(request).await.unwrap().body(), "example.com");
}

#[tokio::test]
async fn any_transport_can_be_tested() {
    for tests in [
        TestSessions::<Shopper>::new().transport(HeaderTransport::bearer()),
        TestSessions::new().transport(HeaderTransport::named(header::HeaderName::from_static("x-session"))),
        TestSessions::new().transport(CookieTransport::builder().name("__Secure-shop").path("/tea").build().unwrap()),
    ] {
        let request = tests.request("POST", "/tea", |session| session.set_account(7)).await.unwrap();
        let request = request.body(Body::empty()).unwrap();
        assert!(request.headers().values().all(header::HeaderValue::is_sensitive));
        let headers = request.headers().clone();
        assert_eq!(app(&tests).oneshot(request).await.unwrap().status(), StatusCode::OK);
        assert_eq!(tests.session(&headers).await.unwrap().cart(), ["tea"]);
    }
    let tests = TestSessions::<Shopper>::new().transport(CookieTransport::insecure_dev());
    let mut client = tests.client_with(app(&tests), |session| session.set_account(7)).await.unwrap();
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn sessions_of_a_test_are_listed_by_its_manager() {
    let tests = TestSessions::<Shopper>::new();
    tests.client_with((), |session| session.set_account(7)).await.unwrap();
    tests.headers(|session| session.set_account(8)).await.unwrap();
    assert_eq!(tests.manager().iterate().await.unwrap().len(), 2);
    assert_eq!(tests.manager().find(Shopper::by_account(7)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_fails_says_whose_fault_it_is() {
    let tests = TestSessions::<Shopper>::new();
    let failing = tower::service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>("broken") });
    let mut client = tests.client(failing);
    assert!(matches!(client.get("/").await, Err(TestError::Service(error)) if error.to_string() == "broken"));
    assert!(matches!(client.get("no path").await, Err(TestError::Request(_))));
    assert!(matches!(client.headers("no path"), Err(TestError::Request(_))));
}

#[tokio::test]
async fn nothing_of_a_test_prints_a_token() {
    let tests = TestSessions::<Shopper>::new();
    let client: TestClient<()> = tests.client_with((), |session| session.set_account(7)).await.unwrap();
    let headers = client.headers("/").unwrap();
    let token = headers[header::COOKIE].to_str().unwrap().trim_start_matches("__Host-id=");
    assert_eq!(token.len(), 64);
    assert!(!format!("{tests:?} {client:?} {headers:?}").contains(&token[22..33]));
}
