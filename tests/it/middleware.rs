//! What the middleware does around a handler.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequestParts as _, State},
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use scs::{
    CommitOn, CookieTransport, HeaderTransport, MemoryStore, Outcome, Session, SessionError, SessionManager,
    SessionRejection, TypedSession,
};
use tokio::sync::mpsc;
use tower::{Layer as _, Service, ServiceExt as _};

use crate::support::{self, Browser, TestStore, body_text, get as request, token_in};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
}

/// As the README writes a guard.
mod guard {
    // Both traits have a `from_request_parts`, and a session implements both.
    use axum::{
        RequestPartsExt,
        extract::{FromRequestParts, OptionalFromRequestParts},
        http::{StatusCode, request::Parts},
        response::{IntoResponse, Response},
    };

    use super::Visit;

    pub(super) struct Account(pub(super) u64);

    impl<S: Send + Sync> FromRequestParts<S> for Account {
        type Rejection = Response;

        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
            let session = parts.extract::<Visit>().await.map_err(IntoResponse::into_response)?;
            session.account().map(Account).ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
        }
    }

    impl<S: Send + Sync> OptionalFromRequestParts<S> for Account {
        type Rejection = Response;

        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
            let session = parts.extract::<Option<Visit>>().await.map_err(IntoResponse::into_response)?;
            Ok(session.and_then(|session| session.account()).map(Account))
        }
    }
}

type Sessions = SessionManager<Visitor, TestStore>;
type Visit = TypedSession<Visitor>;

fn app() -> (Router, TestStore) {
    let store = TestStore::new();
    (routes().layer(Sessions::new(store.clone()).layer()), store)
}

fn routes() -> Router {
    Router::new()
        .route("/plain", get("ok"))
        .route("/read", get(|session: Visit| async move { session.visits().to_string() }))
        .route("/account", get(|session: Visit| async move { format!("{:?} {}", session.account(), session.visits()) }))
        .route("/visit", post(visit))
        .route(
            "/twice",
            post(|one: Visit, other: Visit| async move {
                one.update_visits(|visits| *visits += 1);
                other.update_visits(|visits| *visits += 1);
            }),
        )
        .route("/login", post(|session: Visit| async move { session.set_account(7) }))
        .route("/logout", post(|session: Visit| async move { session.destroy() }))
        .route(
            "/visit-and-fail",
            post(|session: Visit| async move {
                session.update_visits(|visits| *visits += 1);
                StatusCode::BAD_GATEWAY
            }),
        )
        .route(
            "/renew-and-fail",
            post(|session: Visit| async move {
                session.renew();
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route(
            "/logout-and-fail",
            post(|session: Visit| async move {
                session.set_visits(99);
                session.destroy();
                session.set_visits(100);
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route(
            "/sign-out-clear-and-fail",
            post(|session: Visit| async move {
                session.sign_out();
                session.clear();
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route(
            "/sign-out-login-and-fail",
            post(|session: Visit| async move {
                session.sign_out();
                session.set_account(8);
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route(
            "/sign-out-and-fail",
            post(|session: Visit| async move {
                session.sign_out();
                session.set_visits(99);
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route(
            "/commit-and-fail",
            post(|session: Visit| async move {
                session.set_visits(50);
                session.commit().await.unwrap();
                session.set_visits(60);
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .route(
            "/visit-and-panic",
            post(|session: Visit| async move {
                session.set_visits(99);
                panic_now()
            }),
        )
        .route(
            "/logout-and-panic",
            post(|session: Visit| async move {
                session.destroy();
                panic_now()
            }),
        )
        .route(
            "/sign-out-and-panic",
            post(|session: Visit| async move {
                session.sign_out();
                panic_now()
            }),
        )
        .route(
            "/revoke-others-and-panic",
            post(|session: Visit| async move {
                session.revoke_others().await.unwrap();
                panic_now()
            }),
        )
        .route("/optional", get(|session: Option<Visit>| async move { session.is_some().to_string() }))
}

fn panic_now() -> Response {
    panic!("the handler panics")
}

async fn visit(session: Visit) -> String {
    session.update_visits(|visits| *visits += 1);
    session.visits().to_string()
}

#[tokio::test]
async fn the_session_follows_the_browser() {
    let (app, _) = app();
    let mut browser = Browser::default();
    for expected in ["1", "2", "3"] {
        assert_eq!(body_text(browser.post(&app, "/visit").await).await, expected);
    }
    assert_eq!(body_text(Browser::default().post(&app, "/visit").await).await, "1");
}

#[tokio::test]
async fn a_route_that_extracts_no_session_costs_no_store_call_and_gets_no_header() {
    let (app, store) = app();
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    store.take_calls();
    let response = browser.get(&app, "/plain").await;
    assert_eq!(store.take_calls(), [""; 0]);
    for name in [header::SET_COOKIE, header::VARY, header::CACHE_CONTROL] {
        assert!(response.headers().get(&name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn each_kind_of_request_costs_what_it_must() {
    let (app, store) = app();
    let mut browser = Browser::default();
    browser.get(&app, "/read").await;
    assert_eq!(store.take_calls(), [""; 0], "an anonymous visitor who reads");
    browser.post(&app, "/visit").await;
    assert_eq!(store.take_calls(), ["create"]);
    browser.get(&app, "/read").await;
    assert_eq!(store.take_calls(), ["load"]);
    browser.post(&app, "/visit").await;
    assert_eq!(store.take_calls(), ["load", "update"]);
    browser.post(&app, "/twice").await;
    assert_eq!(store.take_calls(), ["load", "update"], "two extractors share one session");
    browser.post(&app, "/logout").await;
    assert_eq!(store.take_calls(), ["load", "delete"]);
}

#[tokio::test]
async fn the_cookie_is_set_when_the_token_changes_and_only_then() {
    let (app, _) = app();
    let mut browser = Browser::default();
    assert!(token_in(&browser.get(&app, "/read").await).is_none());
    let first = token_in(&browser.post(&app, "/visit").await).unwrap();
    assert!(token_in(&browser.post(&app, "/visit").await).is_none());
    let second = token_in(&browser.post(&app, "/login").await).unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn malformed_unknown_and_anonymous_requests_store_nothing() {
    let (app, store) = app();
    let unknown = format!("__Host-id={}", "A".repeat(64));
    for (cookie, calls) in
        [("__Host-id=../../etc/passwd", vec![]), ("__Host-id=", vec![]), (unknown.as_str(), vec!["load"])]
    {
        let response = request(&app, "/read", &[("cookie", cookie)]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers().get(header::SET_COOKIE).is_none());
        assert_eq!(store.take_calls(), calls, "{cookie}");
    }
    support::post(&app, "/logout", &[]).await;
    assert_eq!(store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn a_token_that_a_client_made_up_is_never_adopted() {
    let (app, _) = app();
    let made_up = "A".repeat(64);
    let response = support::post(&app, "/visit", &[("cookie", &format!("__Host-id={made_up}"))]).await;
    assert_ne!(token_in(&response).unwrap(), made_up);
    let response = request(&app, "/read", &[("cookie", &format!("__Host-id={made_up}"))]).await;
    assert_eq!(body_text(response).await, "0");
}

#[tokio::test]
async fn logging_out_removes_the_cookie_with_all_its_attributes() {
    let (app, _) = app();
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    let response = browser.post(&app, "/logout").await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert_eq!(cookie, "__Host-id=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn a_server_error_drops_the_handlers_changes() {
    let (app, _) = app();
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    let response = browser.post(&app, "/visit-and-fail").await;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    let response = browser.post(&app, "/renew-and-fail").await;
    assert!(token_in(&response).is_none());
    assert_eq!(body_text(browser.get(&app, "/read").await).await, "1", "and the old token still works");
}

#[tokio::test]
async fn a_server_error_does_not_undo_a_logout() {
    let (app, store) = app();
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    let stolen = browser.clone();
    let response = browser.post(&app, "/logout-and-fail").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!((browser.cookie, store.inner.statistics().sessions), (None, 0));
    assert_eq!(body_text(stolen.clone().get(&app, "/read").await).await, "0");
}

#[tokio::test]
async fn a_server_error_does_not_undo_a_sign_out() {
    let (app, _) = app();
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    browser.post(&app, "/login").await;
    let stolen = browser.clone();
    browser.post(&app, "/sign-out-and-fail").await;
    assert_ne!(browser.cookie, stolen.cookie);
    assert_eq!(body_text(stolen.clone().get(&app, "/read").await).await, "0", "the old token is worthless");
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "None 1", "and the rest is as it was");
}

#[tokio::test]
async fn a_server_error_does_not_undo_a_sign_out_whatever_was_done_next() {
    for path in ["/sign-out-clear-and-fail", "/sign-out-login-and-fail"] {
        let (app, _) = app();
        let mut browser = Browser::default();
        browser.post(&app, "/login").await;
        browser.post(&app, path).await;
        assert_eq!(body_text(browser.get(&app, "/account").await).await, "None 0", "{path}");
    }
}

#[tokio::test]
async fn what_was_committed_before_a_server_error_stays_and_its_cookie_is_sent() {
    let (app, _) = app();
    let mut browser = Browser::default();
    browser.post(&app, "/commit-and-fail").await;
    assert!(browser.cookie.is_some());
    assert_eq!(body_text(browser.get(&app, "/read").await).await, "50");
}

#[tokio::test]
async fn commit_on_always_saves_the_changes_of_a_server_error() {
    let app = routes().layer(Sessions::new(TestStore::new()).layer().commit_on(CommitOn::Always));
    let mut browser = Browser::default();
    browser.post(&app, "/visit-and-fail").await;
    assert_eq!(body_text(browser.get(&app, "/read").await).await, "1");
}

#[tokio::test]
async fn a_request_that_took_too_long_drops_its_changes() {
    for status in [408, 499] {
        let status = StatusCode::from_u16(status).unwrap();
        let route = post(move |session: Visit| async move {
            session.set_visits(99);
            status
        });
        let app = routes().route("/late", route).layer(Sessions::new(TestStore::new()).layer());
        let mut browser = Browser::default();
        browser.post(&app, "/visit").await;
        assert_eq!(browser.post(&app, "/late").await.status(), status);
        assert_eq!(body_text(browser.get(&app, "/read").await).await, "1");
    }
}

/// A time limit between the layer and the handler drops the handler, and answers 408.
#[tokio::test]
async fn a_logout_that_is_cut_off_while_it_is_committed_is_never_answered_as_if_it_were_done() {
    let ways: [(fn(&Visit), _); 3] = [
        (|session| session.sign_out(), "update"),
        (|session| session.clear(), "update"),
        (|session| session.destroy(), "delete"),
    ];
    for (log_out, call) in ways {
        for wait in [TestStore::delay_next, TestStore::delay_answer] {
            let store = TestStore::new();
            let cut_off = {
                let store = store.clone();
                move |session: Visit| async move {
                    log_out(&session);
                    wait(&store, call);
                    tokio::select! {
                        committed = session.commit() => panic!("it waits: {committed:?}"),
                        () = store.reached(call) => StatusCode::REQUEST_TIMEOUT,
                    }
                }
            };
            let app = routes().route("/late", post(cut_off)).layer(Sessions::new(store.clone()).layer());
            let mut browser = Browser::default();
            browser.post(&app, "/login").await;
            let answered = browser.post(&app, "/late").await.status();
            let is_signed_in = !body_text(browser.get(&app, "/account").await).await.starts_with("None");
            assert!(!is_signed_in || answered.is_server_error(), "{call}: {answered}, and the account is signed in");
        }
    }
}

#[tokio::test]
async fn a_handler_that_dealt_with_a_lost_logout_answers_for_itself() {
    let store = TestStore::new();
    let handler = |session: Visit| async move {
        session.sign_out();
        session.commit().await.unwrap_err();
        "please try again"
    };
    let app = routes().route("/lose", post(handler)).layer(Sessions::new(store.clone()).layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    store.fail_next("update", support::Fault::AnswerLost);
    assert_eq!(browser.post(&app, "/lose").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn commit_on_may_be_decided_by_status_and_headers() {
    let saves =
        |status: StatusCode, headers: &axum::http::HeaderMap| status.is_success() && !headers.contains_key("failed");
    let visit = |session: Visit| async move { session.update_visits(|visits| *visits += 1) };
    let app = Router::new()
        .route("/read", get(|session: Visit| async move { session.visits().to_string() }))
        .route("/saves", post(visit))
        .route(
            "/fails",
            post(move |session: Visit| async move {
                visit(session).await;
                [("failed", "1")]
            }),
        )
        .route(
            "/redirects",
            post(move |session: Visit| async move {
                visit(session).await;
                StatusCode::SEE_OTHER
            }),
        )
        .layer(Sessions::new(TestStore::new()).layer().commit_on(CommitOn::When(saves)));
    let mut browser = Browser::default();
    for (path, visits) in [("/saves", "1"), ("/fails", "1"), ("/redirects", "1"), ("/saves", "2")] {
        browser.post(&app, path).await;
        assert_eq!(body_text(browser.get(&app, "/read").await).await, visits, "{path}");
    }
}

#[tokio::test]
async fn a_panic_drops_the_changes_keeps_a_logout_and_goes_on() {
    let (app, store) = app();
    let app = app.layer(tower_http::catch_panic::CatchPanicLayer::new());
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    assert_eq!(browser.post(&app, "/visit-and-panic").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body_text(browser.get(&app, "/read").await).await, "1");
    browser.post(&app, "/logout-and-panic").await;
    assert_eq!(store.inner.statistics().sessions, 0);
    assert_eq!(body_text(browser.get(&app, "/read").await).await, "0");
}

/// Nobody would learn the new token that these ask for.
#[tokio::test]
async fn a_panic_after_what_renews_the_token_leaves_the_client_the_one_that_it_has() {
    let (app, store) = app();
    let app = app.layer(tower_http::catch_panic::CatchPanicLayer::new());
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    browser.post(&app, "/visit").await;
    for browser in [&mut browser, &mut other] {
        browser.post(&app, "/login").await;
    }
    browser.post(&app, "/revoke-others-and-panic").await;
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7) 1");
    assert_eq!(body_text(other.get(&app, "/account").await).await, "None 0");
    browser.post(&app, "/sign-out-and-panic").await;
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "None 1", "what is not the account's stays");
    assert_eq!(store.inner.statistics().sessions, 1, "and no session that nobody can open");
}

#[tokio::test]
async fn an_optional_session_is_one_that_is_stored() {
    let (app, store) = app();
    let mut browser = Browser::default();
    assert_eq!(body_text(browser.get(&app, "/optional").await).await, "false");
    browser.post(&app, "/visit").await;
    store.take_calls();
    assert_eq!(body_text(browser.get(&app, "/optional").await).await, "true");
    assert_eq!(store.take_calls(), ["load"]);
}

#[tokio::test]
async fn a_missing_layer_is_a_500_that_says_which_layer_to_add() {
    let app = routes();
    let response = request(&app, "/read", &[]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body_text(response).await, "Internal Server Error");

    let (mut parts, ()) = Request::new(()).into_parts();
    let rejection: SessionRejection = Visit::from_request_parts(&mut parts, &()).await.unwrap_err();
    assert!(rejection.to_string().contains(".layer(sessions.layer())"), "{rejection}");
    assert!(rejection.to_string().contains("`Visitor`"), "{rejection}");
    assert_eq!(format!("{rejection:?}"), "MissingLayer { schema: \"Visitor\" }");
}

#[tokio::test]
async fn the_layer_works_around_a_whole_router_and_around_any_service() {
    let store = TestStore::new();
    let sessions = Sessions::new(store);
    let wrapped = sessions.layer().layer(routes());
    let response = wrapped.oneshot(Request::post("/visit").body(Body::empty()).unwrap()).await.unwrap();
    assert!(token_in(&response).is_some());

    let plain = tower::service_fn(|request: Request<()>| async move {
        let (mut parts, ()) = request.into_parts();
        let session = Visit::from_request_parts(&mut parts, &()).await.unwrap();
        session.set_visits(1);
        Ok::<_, Infallible>("any response that is `IntoResponse`")
    });
    let response = sessions.layer().layer(plain).oneshot(Request::new(())).await.unwrap();
    assert!(token_in(&response).is_some());
}

#[tokio::test]
async fn handlers_with_any_state_get_their_session() {
    #[derive(Clone)]
    struct Shared(Arc<str>);

    async fn handler(State(state): State<Shared>, session: Visit) -> String {
        format!("{} {}", state.0, session.visits())
    }

    let sessions = Sessions::new(TestStore::new());
    let app = Router::new().route("/", get(handler)).with_state(Shared("state".into())).layer(sessions.layer());
    assert_eq!(body_text(request(&app, "/", &[]).await).await, "state 0");
}

#[derive(Session)]
struct Admin {
    level: u8,
}

async fn both(visitor: Visit, admin: TypedSession<Admin>) -> String {
    visitor.set_visits(3);
    admin.set_level(9);
    format!("{:?} {:?}", visitor.outcome(), admin.outcome())
}

#[tokio::test]
async fn two_sessions_in_one_request_never_mix() {
    let store = TestStore::new();
    let visitors = Sessions::new(store.clone());
    let admins = SessionManager::<Admin, _>::new(store.clone());
    let cookie = CookieTransport::builder().name("__Host-admin").build().unwrap();
    let app = routes().route("/both", post(both)).layer(visitors.layer()).layer(admins.layer().transport(cookie));

    let response = support::post(&app, "/both", &[]).await;
    let cookies: Vec<_> =
        response.headers().get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("__Host-id=") && cookies[1].starts_with("__Host-admin="));
    let pairs: Vec<_> = cookies.iter().map(|line| line.split(';').next().unwrap()).collect();
    let both = pairs.join("; ");
    store.take_calls();
    let response = request(&app, "/read", &[("cookie", both.as_str())]).await;
    assert_eq!(store.take_calls(), ["load"], "the other session is not even loaded");
    assert_eq!(body_text(response).await, "3");

    let swapped =
        format!("{}; {}", pairs[0].replace("__Host-id", "__Host-admin"), pairs[1].replace("__Host-admin", "__Host-id"));
    let response = support::post(&app, "/both", &[("cookie", swapped.as_str())]).await;
    assert_eq!(body_text(response).await, "Unknown Unknown");
}

#[tokio::test]
async fn two_layers_with_one_cookie_or_one_schema_are_a_500() {
    let visitors = Sessions::new(TestStore::new());
    let admins = SessionManager::<Admin, _>::new(TestStore::new());
    let other = CookieTransport::builder().name("__Host-other").build().unwrap();
    let clashing = [
        routes().layer(visitors.layer()).layer(admins.layer()),
        routes().layer(visitors.layer()).layer(visitors.layer().transport(other)),
        routes()
            .layer(visitors.layer().transport(HeaderTransport::bearer()))
            .layer(admins.layer().transport(HeaderTransport::bearer())),
    ];
    for app in clashing {
        assert_eq!(request(&app, "/plain", &[]).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test]
async fn the_error_handler_decides_what_the_client_is_told() {
    let store = TestStore::new();
    let layer = Sessions::new(store.clone()).layer().on_error(|error| (StatusCode::IM_A_TEAPOT, error.to_string()));
    let app = routes().layer(layer);
    store.fail_next("create", support::Fault::Refused);
    let response = support::post(&app, "/visit", &[]).await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert!(body_text(response).await.contains("the test says so"));
    let cookie = format!("__Host-id={}", "A".repeat(64));
    store.fail_next("load", support::Fault::Refused);
    let response = request(&app, "/read", &[("cookie", cookie.as_str())]).await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT, "also when the session could not be opened");
}

#[tokio::test]
async fn an_inner_service_that_fails_drops_the_changes_and_keeps_a_logout() {
    #[derive(Debug, PartialEq)]
    struct Broken;

    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = support::commit(&session).await;
    let failing = tower::service_fn(|request: Request<&'static str>| async move {
        let (mut parts, what) = request.into_parts();
        let session = Visit::from_request_parts(&mut parts, &()).await.unwrap();
        if what == "leave" {
            session.destroy();
        } else {
            session.set_visits(2);
        }
        Err::<Response, _>(Broken)
    });
    let mut service = sessions.layer().layer(failing);
    for (what, left) in [("write", 1), ("leave", 0)] {
        let request = Request::builder().header("cookie", format!("__Host-id={token}")).body(what).unwrap();
        let error = service.ready().await.unwrap().call(request).await.unwrap_err();
        assert_eq!((error, store.inner.statistics().sessions), (Broken, left));
    }
}

#[tokio::test]
async fn a_stream_saves_by_explicit_commits_and_cannot_change_the_token() {
    type Ends = Arc<std::sync::Mutex<Vec<Result<(), String>>>>;

    async fn stream(State(ends): State<Ends>, session: Visit) -> Response {
        session.set_visits(1);
        let body = async_stream(session, ends);
        Body::from_stream(body).into_response()
    }

    fn async_stream(session: Visit, ends: Ends) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
        futures_util::stream::once(async move {
            let committed =
                |session: Visit| async move { session.commit().await.map(drop).map_err(|error| error.to_string()) };
            assert_eq!((session.is_new(), session.visits()), (false, 1), "committed before the head left");
            session.set_visits(2);
            let first = committed(session.clone()).await;
            session.set_account(7);
            let second = committed(session.clone()).await;
            session.reload().await.unwrap();
            ends.lock().unwrap().extend([first, second]);
            Ok(Bytes::from(session.visits().to_string()))
        })
    }

    let ends = Ends::default();
    let sessions = Sessions::new(TestStore::new());
    let app = Router::new().route("/", get(stream)).with_state(ends.clone()).layer(sessions.layer());
    let mut browser = Browser::default();
    let response = browser.get(&app, "/").await;
    assert!(browser.cookie.is_some(), "the cookie is in the head");
    assert_eq!(body_text(response).await, "2");
    let ends = ends.lock().unwrap();
    assert!(ends[0].is_ok());
    assert!(ends[1].as_ref().unwrap_err().contains("after the response head"), "{ends:?}");
}

#[tokio::test]
async fn a_client_that_disconnects_leaves_the_session_as_it_was() {
    let (app, store) = app();
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    store.fail_next("update", support::Fault::Hangs);
    let mut slow = browser.clone();
    let cut = tokio::time::timeout(Duration::from_millis(5), slow.post(&app, "/visit")).await;
    assert!(cut.is_err());
    assert_eq!(body_text(browser.post(&app, "/visit").await).await, "2");
}

#[tokio::test]
async fn the_request_that_lost_against_a_logout_answers_without_a_cookie() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let manager = sessions.clone();
    let lost = move |session: Visit| {
        let manager = manager.clone();
        async move {
            session.set_visits(9);
            manager.revoke(session.id()).await.unwrap();
            "answered"
        }
    };
    let manager = sessions.clone();
    let lost_sign_in = move |session: Visit| {
        let manager = manager.clone();
        async move {
            session.set_account(9);
            manager.revoke(session.id()).await.unwrap();
        }
    };
    let app = routes().route("/lost", post(lost)).route("/lost-sign-in", post(lost_sign_in)).layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    let response = browser.post(&app, "/lost").await;
    assert!(response.headers().get(header::SET_COOKIE).is_none());
    assert_eq!(body_text(response).await, "answered");

    browser.post(&app, "/visit").await;
    let response = browser.post(&app, "/lost-sign-in").await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(store.inner.statistics().sessions, 0);
}

#[tokio::test]
async fn a_sign_in_after_the_session_was_found_gone_is_no_silent_success() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let manager = sessions.clone();
    let handler = move |session: Visit| {
        let manager = manager.clone();
        async move {
            manager.revoke(session.id()).await.unwrap();
            session.set_visits(9);
            session.commit().await.unwrap_err();
            session.set_account(7);
        }
    };
    let app = routes().route("/late", post(handler)).layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    assert_eq!(browser.post(&app, "/late").await.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_head_waits_for_a_commit_that_is_under_way() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let handler = |session: Visit| async move {
        session.set_account(7);
        let clone = session.clone();
        let commit = tokio::spawn(async move { clone.commit().await.map(drop) });
        // Until the spawned commit is inside the store call.
        while session.status() != scs::Status::Unmodified {
            tokio::task::yield_now().await;
        }
        drop(commit);
    };
    store.delay_next("create");
    let app = Router::new().route("/", post(handler)).layer(sessions.layer());
    let mut browser = Browser::default();
    let release = store.clone();
    let (response, ()) = tokio::join!(browser.post(&app, "/"), async move {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        release.release();
    });
    assert_eq!(response.status(), StatusCode::OK);
    assert!(browser.cookie.is_some(), "the session was stored, so its client must learn the token");
}

#[tokio::test]
async fn a_handler_that_dealt_with_a_failed_commit_answers_for_itself() {
    let store = TestStore::new();
    let handler = |session: Visit| async move {
        session.set_visits(1);
        match session.commit().await {
            Ok(_) => "saved",
            Err(_) => "not saved, and here is why",
        }
    };
    let app = Router::new().route("/", post(handler)).layer(Sessions::new(store.clone()).layer());
    store.fail_next("create", support::Fault::Refused);
    assert_eq!(body_text(support::post(&app, "/", &[]).await).await, "not saved, and here is why");
}

#[tokio::test]
async fn a_request_that_is_cut_off_leaves_nothing_behind_in_memory() {
    let marker = Arc::new(());
    let held = marker.clone();
    let handler = move |session: Visit| {
        let (held, clone) = (held.clone(), session.clone());
        async move {
            session.update_visits(move |visits| {
                let _ = &held;
                *visits += u32::from(clone.account().is_some());
            });
            std::future::pending::<()>().await;
        }
    };
    let app = Router::new().route("/", post(handler)).layer(Sessions::new(TestStore::new()).layer());
    let before = Arc::strong_count(&marker);
    let cut = tokio::time::timeout(Duration::from_millis(5), support::post(&app, "/", &[])).await;
    assert!(cut.is_err());
    assert_eq!(Arc::strong_count(&marker), before);
}

#[test]
fn public_types_may_be_sent_and_shared() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Visit>();
    check::<Sessions>();
    check::<SessionManager<Visitor, MemoryStore>>();
    check::<scs::SessionLayer<Visitor>>();
    check::<SessionError>();
    check::<Outcome>();
}

#[tokio::test]
async fn a_session_that_is_first_extracted_after_the_head_cannot_change_its_token() {
    let (send, mut requests) = mpsc::unbounded_channel();
    let keep = move |request: Request<Body>| {
        let send = send.clone();
        async move { send.send(request.into_parts().0).unwrap() }
    };
    let app = routes().route("/keep", get(keep)).layer(Sessions::new(TestStore::new()).layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    browser.get(&app, "/keep").await;
    let session = Visit::from_request_parts(&mut requests.recv().await.unwrap(), &()).await.unwrap();
    session.renew();
    assert!(matches!(session.commit().await, Err(SessionError::HeadSent)));
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7) 0");
}

/// A task that kept the request's parts and opens the session when the response is gone.
#[tokio::test]
async fn what_a_late_session_changes_is_saved_by_a_commit_or_told() {
    let (send, mut requests) = mpsc::unbounded_channel();
    let keep = move |request: Request<Body>| {
        let send = send.clone();
        async move { send.send(request.into_parts().0).unwrap() }
    };
    let (log, _guard) = crate::events::Log::capture();
    let app = routes().route("/keep", get(keep)).layer(Sessions::new(TestStore::new()).layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    for commits in [true, false] {
        browser.get(&app, "/keep").await;
        let mut parts = requests.recv().await.unwrap();
        let session = Visit::from_request_parts(&mut parts, &()).await.unwrap();
        session.update_visits(|visits| *visits += 1);
        if commits {
            session.commit().await.unwrap();
        }
        drop((session, parts));
        assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7) 1");
        assert_eq!(log.lines("session changes were never committed").len(), usize::from(!commits));
    }
}

#[tokio::test]
async fn a_task_of_a_request_that_was_cut_off_cannot_change_the_token() {
    let (send, mut sessions) = mpsc::unbounded_channel();
    let stay = move |session: Visit| {
        let send = send.clone();
        async move {
            send.send(session).unwrap();
            std::future::pending::<()>().await;
        }
    };
    let app = routes().route("/stay", get(stay)).layer(Sessions::new(TestStore::new()).layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    let session = tokio::select! {
        _ = browser.get(&app, "/stay") => panic!("it is never answered"),
        session = sessions.recv() => session.unwrap(),
    };
    session.renew();
    assert!(matches!(session.commit().await, Err(SessionError::HeadSent)));
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7) 0");
}

#[tokio::test]
async fn an_outer_layer_that_fails_keeps_the_inner_layers_cookie() {
    let store = TestStore::new();
    let admins = SessionManager::<Admin, _>::new(store.clone());
    let cookie = CookieTransport::builder().name("__Host-admin").build().unwrap();
    let handler = |visitor: Visit, admin: TypedSession<Admin>| async move {
        visitor.set_account(7);
        admin.set_level(9);
    };
    let app = routes().route("/both", post(handler)).layer(Sessions::new(TestStore::new()).layer());
    let app = app.layer(admins.layer().transport(cookie));
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    store.fail_next("create", support::Fault::Refused);
    assert_eq!(browser.post(&app, "/both").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7) 1");
}

#[tokio::test]
async fn a_handler_that_dealt_with_a_lost_answer_answers_for_itself_whatever_the_store() {
    let handler = |session: Visit| async move {
        session.set_visits(5);
        session.commit().await.unwrap_err();
    };
    for store in [TestStore::new(), TestStore::at_once()] {
        let app = routes().route("/lose", post(handler)).layer(Sessions::new(store.clone()).layer());
        let mut browser = Browser::default();
        browser.post(&app, "/visit").await;
        store.fail_next("update", support::Fault::AnswerLost);
        assert_eq!(browser.post(&app, "/lose").await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_guard_finds_the_session_and_so_does_an_optional_one() {
    use guard::Account;
    let app = Router::new()
        .route("/login", post(async |session: Visit| session.set_account(7)))
        .route("/guarded", get(async |Account(account): Account| account.to_string()))
        .route("/greeting", get(async |guest: Option<Account>| guest.map_or(0, |Account(account)| account).to_string()))
        .layer(Sessions::new(TestStore::new()).layer());
    let mut browser = Browser::default();
    assert_eq!(browser.get(&app, "/guarded").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(body_text(browser.get(&app, "/greeting").await).await, "0");
    browser.post(&app, "/login").await;
    assert_eq!(body_text(browser.get(&app, "/guarded").await).await, "7");
    assert_eq!(body_text(browser.get(&app, "/greeting").await).await, "7");
}
