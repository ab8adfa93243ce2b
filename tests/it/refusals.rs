//! What clients can cause: answers that say so, and a log that they cannot fill.

use axum::{Router, http::StatusCode, response::IntoResponse as _, routing::post};
use scs::{
    Session, SessionError, SessionManager, TypedSession,
    store::{StoreError, StoreErrorKind},
};

use crate::{
    events::Log,
    support::{Fault, SECOND, TestStore, on_manual_clock},
};

#[derive(Session)]
#[session(sealed)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    note: Option<String>,
}

type Visit = TypedSession<Visitor>;

async fn note(session: Visit, text: String) {
    session.set_note(text);
}

fn app(sessions: &SessionManager<Visitor, TestStore>) -> Router {
    Router::new().route("/note", post(note)).layer(sessions.layer())
}

async fn send(app: &Router, letters: usize) -> StatusCode {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;
    let request = Request::post("/note").body(Body::from("n".repeat(letters))).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

/// The lines of the session's errors.
fn lines(log: &Log, level: &str) -> usize {
    log.lines(&format!("{level} scs::session: ")).iter().filter(|line| line.contains("error=")).count()
}

#[tokio::test]
async fn what_a_client_makes_too_large_is_a_413_and_ten_warnings_a_second() {
    let (log, _guard) = Log::capture();
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let app = app(&sessions);
    for _ in 0..500 {
        assert_eq!(send(&app, 70_000).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!((lines(&log, "ERROR"), lines(&log, "WARN")), (0, 10));
    clock.advance(SECOND);
    send(&app, 70_000).await;
    assert_eq!((lines(&log, "ERROR"), lines(&log, "WARN")), (0, 11));
    let left_out = log.lines("left_out=490");
    assert_eq!(left_out.len(), 1, "{left_out:?}");
}

#[tokio::test]
async fn a_store_that_is_down_fills_no_log_however_many_come() {
    let (log, _guard) = Log::capture();
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let app = app(&sessions);
    for _ in 0..100 {
        store.fail_next("create", Fault::Refused);
        assert_eq!(send(&app, 1).await, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!((lines(&log, "ERROR"), log.lines("outage").len()), (10, 10));
}

/// Each error with the answer to it, and whether it is one of the server's.
#[tokio::test]
async fn each_error_has_its_answer_and_what_clients_cause_is_no_error_of_the_server() {
    let store = |kind| SessionError::Store(StoreError::new(kind, "no"));
    let (unavailable, conflict) = (StatusCode::SERVICE_UNAVAILABLE, StatusCode::CONFLICT);
    let (too_large, broken) = (StatusCode::PAYLOAD_TOO_LARGE, StatusCode::INTERNAL_SERVER_ERROR);
    for (error, status, level) in [
        (store(StoreErrorKind::Unavailable), unavailable, "ERROR"),
        (store(StoreErrorKind::TooLarge), too_large, "WARN"),
        (store(StoreErrorKind::Configuration), broken, "ERROR"),
        (SessionError::TooLarge { size: 2, limit: 1 }, too_large, "WARN"),
        (SessionError::TooManyFields { count: 2, limit: 1 }, too_large, "WARN"),
        (SessionError::SealedTooLarge { size: 2, limit: 1 }, too_large, "WARN"),
        (SessionError::LimitReached { field: "account", max: 1 }, conflict, "WARN"),
        (SessionError::NotAnAccount { field: "mail" }, broken, "ERROR"),
        (SessionError::SignInLost, conflict, "WARN"),
        (SessionError::Gone, conflict, "WARN"),
        (SessionError::Contended { attempts: 9 }, unavailable, "WARN"),
        (SessionError::Uncertain, unavailable, "ERROR"),
        (SessionError::HeadSent, broken, "ERROR"),
    ] {
        let (log, _guard) = Log::capture();
        let text = format!("{error:?}");
        let response = error.into_response();
        assert_eq!(response.status(), status, "{text}");
        assert_eq!((lines(&log, level), log.lines("error=").len()), (1, 1), "{text}");
        let is_transient = response.headers().contains_key("retry-after");
        assert_eq!(is_transient, status == unavailable, "{text}");
    }
}

#[tokio::test]
async fn an_error_that_a_handler_passes_on_fills_no_log_either() {
    let (log, _guard) = Log::capture();
    for _ in 0..500 {
        let response = SessionError::Random("no".into()).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    // However slowly this runs, it takes no ten seconds.
    assert!((1..=100).contains(&lines(&log, "ERROR")), "{}", lines(&log, "ERROR"));
}
