//! What the log says, and that it says it once.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::FromRequestParts as _,
    http::{Request, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use scs::{CookieTransport, ManualClock, MemoryStore, SameSite, Session, SessionManager, TypedSession};
use tokio::sync::Barrier;
use tower::ServiceExt as _;

use crate::support::{self, Browser, DAY, HOUR, MINUTE, SECOND, START, TestStore, body_text, commit, on_manual_clock};

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
    clock.advance(MINUTE);
    sessions.open(token.as_str()).await.unwrap();
    assert!(log.lines(&token).is_empty());
}

#[tokio::test]
async fn of_two_logouts_of_one_session_one_ends_it_and_is_told() {
    let (log, _guard) = Log::capture();
    let sessions = Sessions::new(TestStore::new());
    let token = stored(&sessions).await;
    let [one, other] = [sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap()];
    for leaving in [&one, &other] {
        leaving.destroy();
        leaving.commit().await.unwrap();
    }
    assert_eq!(log.lines(" destroyed ").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_client_presents_is_told_once_also_if_tasks_of_its_request_ask_at_once() {
    let (told, events) = std::sync::mpsc::channel();
    let sessions = SessionManager::<Visitor, _>::builder(MemoryStore::new());
    let sessions = sessions.on_event(move |event| told.send(event.name()).unwrap()).build().unwrap();
    let handler = async |request: Request<Body>| {
        let (parts, together) = (request.into_parts().0, Arc::new(Barrier::new(4)));
        let tasks = (0..4).map(|_| {
            let (mut parts, together) = (parts.clone(), together.clone());
            tokio::spawn(async move {
                together.wait().await;
                Visit::from_request_parts(&mut parts, &()).await.unwrap();
            })
        });
        for task in futures_util::future::join_all(tasks).await {
            task.unwrap();
        }
    };
    let app = Router::new().route("/", get(handler)).layer(sessions.layer());
    for _ in 0..100 {
        support::get(&app, "/", &[("cookie", &format!("__Host-id={}", "A".repeat(64)))]).await;
        assert_eq!(events.try_iter().collect::<Vec<_>>(), ["unknown_token"]);
    }
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
    let lines = log.lines("error=session store:");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("the test says so"), "{lines:?}");
}

#[tokio::test]
async fn what_anybody_can_cause_is_logged_ten_times_a_second_and_told_every_time() {
    let (log, _guard) = Log::capture();
    let clock = Arc::new(ManualClock::new(START));
    let (told, events) = std::sync::mpsc::channel();
    let sessions = Sessions::builder(TestStore::new()).clock(clock.clone());
    let sessions = sessions.on_event(move |event| told.send(event.name()).unwrap()).build().unwrap();
    let app = Router::new().route("/", get(async |_: Visit| {})).layer(sessions.layer());
    let send = async |cookie: &str| {
        for _ in 0..100 {
            support::get(&app, "/", &[("cookie", cookie)]).await;
        }
    };
    send("__Host-id=guessed").await;
    send("__Host-id=one; __Host-id=other").await;
    assert_eq!(events.try_iter().collect::<Vec<_>>(), [["malformed"; 100], ["duplicate_cookie"; 100]].concat());
    for (event, lines) in [("malformed", 10), ("duplicate_cookie", 10), ("left_out", 0)] {
        assert_eq!(log.lines(event).len(), lines, "{event}");
    }

    // A new second, and a clock that is set back: the log goes on, and owns up to what it left out.
    for (now, lines) in [(START + SECOND, 20), (START, 30)] {
        clock.set(now);
        send("__Host-id=guessed").await;
        assert_eq!(log.lines(": malformed").len(), lines);
    }
    let left_out = log.lines("left_out=90");
    assert_eq!(left_out.len(), 2);
    assert!(left_out[0].contains("WARN") && left_out[0].contains(r#"event="malformed""#), "{left_out:?}");
}

#[test]
fn what_lasts_longer_than_by_default_is_a_warning_at_the_start() {
    let (log, _guard) = Log::capture();
    let build = || Sessions::builder(TestStore::new()).idle_timeout(MINUTE).absolute_timeout(24 * HOUR);
    build().build().unwrap();
    assert_eq!(log.lines("scs::policy"), [""; 0]);

    build()
        .idle_timeout(HOUR)
        .absolute_timeout(25 * HOUR)
        .remembered_timeouts(15 * DAY, 31 * DAY)
        .renewal_grace(MINUTE)
        .build()
        .unwrap();
    let lines = log.lines("WARN scs::policy: longer than by default; document why (OWASP ASVS 7.1.1)");
    for (line, said) in lines.iter().zip([
        r#"schema="Visitor" setting="idle timeout" chosen=1 h default=30 min"#,
        r#"schema="Visitor" setting="absolute timeout" chosen=25 h default=1 d"#,
        r#"schema="Visitor" setting="remembered idle timeout" chosen=15 d default=14 d"#,
        r#"schema="Visitor" setting="remembered absolute timeout" chosen=31 d default=30 d"#,
        r#"schema="Visitor" setting="renewal grace" chosen=1 min default=10s"#,
    ]) {
        assert!(line.ends_with(said), "{line}");
    }
    assert_eq!(lines.len(), 5);
}

#[test]
fn a_cookie_that_is_weaker_than_by_default_is_a_warning_at_the_start() {
    let cookie = CookieTransport::builder;
    let sessions = Sessions::new(TestStore::new());
    for (transport, weaknesses) in [
        (cookie().same_site(SameSite::Strict), &[][..]),
        (cookie().name("__Secure-id"), &["has no `__Host-`"]),
        (cookie().same_site(SameSite::None), &["is `SameSite=None`"]),
        (cookie().name("id").secure(false), &["is not `Secure`", "has no `__Host-`"]),
    ] {
        let (log, _guard) = Log::capture();
        let _ = sessions.layer().transport(transport.build().unwrap());
        let lines = log.lines("WARN scs::policy: the session cookie ");
        assert_eq!(lines.len(), weaknesses.len(), "{lines:?}");
        for (line, weakness) in lines.iter().zip(weaknesses) {
            assert!(line.contains(&format!("the session cookie {weakness}")), "{line}");
        }
    }
}
