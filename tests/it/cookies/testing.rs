//! `scs::testing`, as an application's tests use it.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, Response, StatusCode, header},
    routing::{get, post},
};
use http_body_util::BodyExt as _;
use scs::{
    Clock as _, CookieTransport, HeaderTransport, ManualClock, MemoryStore, Outcome, Session, SessionError,
    SessionManager, SystemClock, TypedSession,
    sealed::{Key, KeyRing, NoRevocation, SealedCookies},
    store::AnyStore,
    testing::{Context, TestClient, TestError, TestSessions},
};
use scs_stores::SqliteStore;
use serde::Serialize;
use tower::ServiceExt as _;

use crate::support::{DAY, Folder, MINUTE, body_text};

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

fn app<B>(tests: &TestSessions<Shopper, B>) -> Router {
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

#[tokio::test]
async fn an_application_is_tested_with_the_store_that_its_state_names() {
    type Sessions = SessionManager<Shopper, AnyStore>;
    async fn logout_everywhere(State(sessions): State<Sessions>) -> Result<String, SessionError> {
        Ok(sessions.revoke_all(Shopper::by_account(7)).await?.to_string())
    }
    let clock = Arc::<ManualClock>::default();
    let store = AnyStore::new(MemoryStore::new().with_clock(clock.clone()));
    let tests = TestSessions::build(Sessions::builder(store).idle_timeout(5 * MINUTE), clock).unwrap();
    let logout_everywhere = Router::new().route("/logout-everywhere", post(logout_everywhere)).layer(tests.layer());
    let app = app(&tests).merge(logout_everywhere.with_state(tests.manager().clone()));
    let mut client = tests.client_with(app.clone(), |session| session.set_account(7)).await.unwrap();
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::OK);
    tests.clock().advance(5 * MINUTE);
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::UNAUTHORIZED, "the settings hold");

    let mut client = tests.client_with(app, |session| session.set_account(7)).await.unwrap();
    assert_eq!(body_text(client.post("/logout-everywhere").await.unwrap()).await, "1");
    assert_eq!(tests.session_of(&client).await.unwrap().account(), None);
}

#[tokio::test]
async fn sessions_in_a_file_expire_when_the_test_says_so() {
    let folder = Folder::new("testing");
    let clock = Arc::<ManualClock>::default();
    let store = SqliteStore::builder(folder.file("sessions.db")).clock(clock.clone()).open().unwrap();
    store.migrate().await.unwrap();
    // A clock of the application gives way to the test's.
    let sessions = SessionManager::<Shopper, _>::builder(store).clock(Arc::new(SystemClock));
    let tests = TestSessions::build(sessions, clock).unwrap();
    let mut client = tests.client_with(app(&tests), |session| session.set_account(7)).await.unwrap();
    assert_eq!(tests.session_of(&client).await.unwrap().created_at(), tests.clock().now());
    tests.clock().advance(29 * MINUTE);
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::OK);
    tests.clock().advance(30 * MINUTE);
    assert_eq!(client.post("/tea").await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_application_whose_settings_contradict_each_other_has_no_tests() {
    let sessions = SessionManager::<Shopper, _>::builder(AnyStore::new(MemoryStore::new()));
    let tests = TestSessions::build(sessions.idle_timeout(2 * DAY), Arc::default());
    assert!(tests.is_err());
}

#[derive(Session)]
#[session(sealed)]
struct Carried {
    visits: u32,
}

#[tokio::test]
async fn sealed_sessions_are_tested_under_the_name_of_their_cookie() {
    let keys = KeyRing::new(Key::generate().unwrap());
    let cookies = SealedCookies::new(keys, NoRevocation).application("shop");
    let tests = TestSessions::build(SessionManager::<Carried, _>::builder(cookies), Arc::default()).unwrap();
    let tests = tests.transport(CookieTransport::builder().name("__Host-shop").build().unwrap());
    let visits = get(|session: TypedSession<Carried>| async move { session.visits().to_string() });
    let app = Router::new().route("/", visits).layer(tests.layer());
    let mut client = tests.client_with(app, |session| session.set_visits(3)).await.unwrap();
    assert_eq!(body_text(client.get("/").await.unwrap()).await, "3");
    assert_eq!(tests.session_of(&client).await.unwrap().visits(), 3);
}

/// A client of a service that answers with the type and the text of the body.
fn client_of_an_echo() -> TestClient<impl tower::Service<Request<Body>, Response = Response<String>, Error = Infallible>>
{
    let echo = |request: Request<Body>| async move {
        let kind = request.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Ok(Response::new(format!("{kind}: {}", String::from_utf8(body.to_vec()).unwrap())))
    };
    TestSessions::<Shopper>::new().client(tower::service_fn(echo))
}

#[derive(Serialize)]
struct Order<'a> {
    name: &'a str,
    number: u32,
    note: Option<&'a str>,
    tags: Vec<&'a str>,
}

const ORDER: Order<'_> = Order { name: "Ada & Bob é", number: 2, note: None, tags: Vec::new() };

#[tokio::test]
async fn a_form_is_posted_as_a_browser_posts_it() {
    let mut client = client_of_an_echo();
    let kind = "application/x-www-form-urlencoded";
    let order = Order { tags: vec!["new", "50%"], ..ORDER };
    let form = format!("{kind}: name=Ada+%26+Bob+%C3%A9&number=2&tags=new&tags=50%25");
    assert_eq!(client.post_form("/", &order).await.unwrap().body(), &form);
    assert_eq!(client.post_form("/", &[("a", "1"), ("a", "2")]).await.unwrap().body(), &format!("{kind}: a=1&a=2"));
    assert_eq!(client.post_form("/", &[("a", "1")][..]).await.unwrap().body(), &format!("{kind}: a=1"));
}

#[tokio::test]
async fn json_is_posted_as_json() {
    let body = r#"application/json: {"name":"Ada & Bob é","number":2,"note":null,"tags":[]}"#;
    assert_eq!(client_of_an_echo().post_json("/", &ORDER).await.unwrap().body(), body);
}

#[tokio::test]
async fn a_posted_form_carries_the_session_and_what_it_sets_is_kept() {
    let tests = TestSessions::<Shopper>::new();
    let mut client = tests.client(app(&tests));
    client.post_form("/login", &[("name", "ada")]).await.unwrap();
    client.post_json("/tea", &()).await.unwrap();
    assert_eq!(tests.session_of(&client).await.unwrap().cart(), ["tea"]);
}

#[tokio::test]
async fn what_cannot_be_encoded_is_not_sent() {
    let mut client = client_of_an_echo();
    let error = client.post_form("/", "no pairs").await.unwrap_err();
    assert!(matches!(error, TestError::Body(_)), "{error}");
    let no_key = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert!(matches!(client.post_json("/", &no_key).await, Err(TestError::Body(_))));
    assert!(matches!(client.post_form("no path", &[("a", "1")]).await, Err(TestError::Request(_))));
}
