//! What the log says, and that it says it once.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use scs::{Session, SessionManager, TypedSession};
use tower::ServiceExt as _;

use crate::support::{self, Browser, TestStore, body_text, commit, on_manual_clock};

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
    name: Option<String>,
}

type Sessions = SessionManager<Visitor, TestStore>;
type Visit = TypedSession<Visitor>;

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Everything that is logged on this thread while the guard lives.
    pub(crate) fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines with this text.
    pub(crate) fn lines(&self, text: &str) -> Vec<String> {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.lines().filter(|line| line.contains(text)).map(ToOwned::to_owned).collect()
    }
}

async fn stored(sessions: &Sessions) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    commit(&session).await
}

#[tokio::test]
async fn a_missing_layer_is_logged_with_the_layer_to_add() {
    let (log, _guard) = Log::capture();
    let app: Router = Router::new().route("/", get(|_: Visit| async {}));
    let response = support::get(&app, "/", &[]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let lines = log.lines("no session layer for `Visitor`");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("ERROR") && lines[0].contains("`.layer(sessions.layer())`"), "{lines:?}");
}

#[tokio::test]
async fn two_layers_with_one_cookie_are_logged_with_the_cookie() {
    #[derive(Session)]
    struct Admin {
        level: u8,
    }

    let (log, _guard) = Log::capture();
    let app = Router::new()
        .route("/", get(|_: Visit, _: TypedSession<Admin>| async {}))
        .layer(Sessions::new(TestStore::new()).layer())
        .layer(SessionManager::<Admin, _>::new(TestStore::new()).layer());
    support::get(&app, "/", &[]).await;
    assert_eq!(log.lines("two session layers use the cookie `__Host-id`").len(), 1);
}

#[tokio::test]
async fn changes_that_are_forgotten_after_the_head_are_an_error_that_names_the_fields() {
    async fn stream(session: Visit) -> Response {
        session.set_visits(1);
        let body = futures_util::stream::once(async move {
            session.set_visits(2);
            session.set_name("Ada");
            Ok::<_, std::convert::Infallible>("done")
        });
        Body::from_stream(body).into_response()
    }

    let (log, _guard) = Log::capture();
    let app = Router::new().route("/", get(stream)).layer(Sessions::new(TestStore::new()).layer());
    let response = Browser::default().get(&app, "/").await;
    assert_eq!(body_text(response).await, "done");
    let lines = log.lines("never committed");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("ERROR") && lines[0].contains(r#"fields=["visits", "name"]"#), "{lines:?}");
    assert!(!lines[0].contains("Ada"));
}

#[tokio::test]
async fn a_logout_that_nobody_commits_is_an_error_too() {
    let (log, _guard) = Log::capture();
    let sessions = Sessions::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    sessions.open(token.as_str()).await.unwrap().destroy();
    assert_eq!(log.lines("never committed").len(), 1);
    assert!(!sessions.open(token.as_str()).await.unwrap().is_new(), "the session goes on");
}

#[tokio::test]
async fn changes_of_a_request_that_ended_early_are_no_error() {
    let (log, _guard) = Log::capture();
    let store = TestStore::new();
    let app = Router::new()
        .route(
            "/",
            post(|session: Visit| async move {
                session.set_visits(2);
                std::future::pending::<()>().await;
            }),
        )
        .layer(Sessions::new(store).layer());
    let request = Request::post("/").body(Body::empty()).unwrap();
    let cut = tokio::time::timeout(std::time::Duration::from_millis(1), app.oneshot(request)).await;
    assert!(cut.is_err());
    assert!(log.lines("never committed").is_empty());
}

#[tokio::test]
async fn each_event_of_a_sessions_life_is_logged_once() {
    let (log, _guard) = Log::capture();
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let token = stored(&sessions).await;
    assert_eq!(log.lines(" created ").len(), 1);

    let session = sessions.open(token.as_str()).await.unwrap();
    session.renew();
    let token = commit(&session).await;
    assert_eq!(log.lines(" renewed ").len(), 1);

    let [one, other] = [sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap()];
    one.set_visits(2);
    other.set_name("Ada");
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(log.lines(" conflict ").len(), 1);

    let slow = sessions.open(token.as_str()).await.unwrap();
    slow.set_visits(3);
    one.destroy();
    one.commit().await.unwrap();
    assert_eq!(log.lines(" destroyed ").len(), 1);
    slow.commit().await.unwrap_err();
    assert_eq!(log.lines("write_after_delete").len(), 1);

    sessions.open("malformed").await.unwrap();
    assert_eq!(log.lines(" malformed").len(), 1);
    sessions.open(token.as_str()).await.unwrap();
    assert_eq!(log.lines("unknown_token").len(), 1);

    let token = stored(&sessions).await;
    clock.advance(support::MINUTE);
    sessions.open(token.as_str()).await.unwrap();
    assert!(log.lines(&token).is_empty());
}

#[tokio::test]
async fn two_different_cookies_are_logged() {
    let (log, _guard) = Log::capture();
    let app = Router::new().route("/", get(|_: Visit| async {})).layer(Sessions::new(TestStore::new()).layer());
    let cookies = format!("__Host-id={}; __Host-id={}", "A".repeat(64), "B".repeat(64));
    support::get(&app, "/", &[("cookie", &cookies)]).await;
    assert_eq!(log.lines("duplicate_cookie").len(), 1);
}

#[tokio::test]
async fn a_failing_store_is_logged_with_its_cause() {
    let (log, _guard) = Log::capture();
    let store = TestStore::new();
    let app = Router::new()
        .route("/", post(|session: Visit| async move { session.set_visits(1) }))
        .layer(Sessions::new(store.clone()).layer());
    store.fail_next("create", support::Fault::Refused);
    support::post(&app, "/", &[]).await;
    let lines = log.lines("session store failed");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("the test says so"), "{lines:?}");
}
