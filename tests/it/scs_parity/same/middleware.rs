//! What happens around a handler.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    extract::FromRequestParts,
    http::{Request, StatusCode, header},
    response::Response,
};
use futures_util::{FutureExt as _, StreamExt as _};
use scs::CommitOn;
use tower::{Layer as _, ServiceExt as _};

use crate::scs_parity::{Known, Visit, cookies, known, lines, serving};
use crate::support::{self, Browser, Fault, body_text, token_in};

#[tokio::test]
async fn an_untouched_session_is_neither_written_nor_sent() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.visits().to_string() });
    let response = known.browser().get(&app, "/").await;
    assert_eq!((known.store.take_calls(), cookies(&response)), (vec!["load"], vec![]));
}

#[tokio::test]
async fn a_modified_session_is_saved_before_the_head_leaves() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.set_visits(2) });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(known.stored().await.unwrap().visits(), 2, "and the body was not even asked for");
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_session_follows_its_browser_and_no_other() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session
            .update_visits(|visits| {
                *visits += 1;
                *visits
            })
            .to_string()
    });
    let mut browser = Browser::default();
    for expected in ["1", "2", "3"] {
        assert_eq!(body_text(browser.get(&app, "/").await).await, expected);
    }
    assert_eq!(body_text(Browser::default().get(&app, "/").await).await, "1");
}

#[tokio::test]
async fn responses_that_used_a_session_vary_by_cookie() {
    let known = known().await;
    let app = serving(&known.sessions, |_: Visit| async {});
    assert_eq!(lines(&support::get(&app, "/", &[]).await, header::VARY), ["cookie"]);
}

#[tokio::test]
async fn a_session_that_cannot_be_loaded_never_reaches_the_handler() {
    let known = known().await;
    let app = serving(&known.sessions, |_: Visit| async { "handled" });
    known.store.fail_next("load", Fault::Refused);
    let response = known.browser().get(&app, "/").await;
    assert!(response.status().is_server_error());
    assert_ne!(body_text(response).await, "handled");
}

#[tokio::test]
async fn a_session_that_cannot_be_saved_sends_no_cookie() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.set_visits(1) });
    known.store.fail_next("create", Fault::Refused);
    let response = support::get(&app, "/", &[]).await;
    assert!(response.status().is_server_error());
    assert_eq!(cookies(&response), [""; 0]);
}

#[tokio::test]
async fn what_the_client_is_told_of_an_error_can_be_chosen() {
    let known = known().await;
    let layer = known.sessions.layer().on_error(|_| (StatusCode::IM_A_TEAPOT, "later"));
    let app = axum::Router::new().route("/", axum::routing::get(|_: Visit| async {})).layer(layer);
    known.store.fail_next("load", Fault::Refused);
    let response = known.browser().get(&app, "/").await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(body_text(response).await, "later");
}

#[tokio::test]
async fn a_panic_saves_nothing_and_goes_on() {
    let known = known().await;
    let handler = tower::service_fn(|request: Request<Body>| async move {
        let (mut parts, _) = request.into_parts();
        let session = <Visit as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await.unwrap();
        session.set_visits(9);
        let response: Result<Response, Infallible> = panic_now();
        response
    });
    let request = Request::get("/").header(header::COOKIE, known.cookie()).body(Body::empty()).unwrap();
    let call = known.sessions.layer().layer(handler).oneshot(request);
    assert!(std::panic::AssertUnwindSafe(call).catch_unwind().await.is_err());
    assert_eq!(known.stored().await.unwrap().visits(), 1);
}

fn panic_now() -> Result<Response, Infallible> {
    panic!("the handler panics")
}

/// The visits that are stored after a request of this method, answered with this status.
async fn visits_after(known: &Known, method: &str, status: StatusCode, commit_on: CommitOn) -> u32 {
    let visit = move |session: Visit| async move {
        session.update_visits(|visits| *visits += 1);
        status
    };
    let layer = known.sessions.layer().commit_on(commit_on);
    let app = axum::Router::new().route("/", axum::routing::any(visit)).layer(layer);
    let request = Request::builder().method(method).header(header::COOKIE, known.cookie()).uri("/");
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    known.stored().await.unwrap().visits()
}

#[tokio::test]
async fn every_method_and_every_status_but_a_server_error_saves() {
    let known = known().await;
    let mut expected = 1;
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for status in [StatusCode::OK, StatusCode::FOUND, StatusCode::NOT_MODIFIED, StatusCode::NOT_FOUND] {
            expected += 1;
            assert_eq!(visits_after(&known, method, status, CommitOn::Success).await, expected, "{method} {status}");
        }
    }
}

#[tokio::test]
async fn a_server_error_saves_too_if_it_is_asked_to() {
    let known = known().await;
    assert_eq!(visits_after(&known, "POST", StatusCode::INTERNAL_SERVER_ERROR, CommitOn::Always).await, 2);
}

#[tokio::test]
async fn a_body_is_passed_on_piece_by_piece() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.set_visits(1);
        let first = futures_util::stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"first")) });
        Body::from_stream(first.chain(futures_util::stream::pending()))
    });
    let response = support::get(&app, "/", &[]).await;
    assert!(token_in(&response).is_some(), "the head is here although the body will never end");
    let piece = response.into_body().into_data_stream().next().await.unwrap().unwrap();
    assert_eq!(piece, "first");
}
