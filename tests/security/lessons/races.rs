//! Requests that run at the same time.

use std::sync::Arc;

use axum::{http::StatusCode, routing::post};
use futures_util::future::join_all;
use scs::TypedSession;
use tokio::sync::Barrier;

use crate::{
    app::{NOTICE, Visit, Visitor, World, token},
    support::{Fault, body_text},
};

/// Rack CVE-2025-46336 and -32441: a request that was under way during a logout stored the session again.
#[tokio::test]
async fn a_slow_request_stores_no_session_that_has_been_logged_out() {
    let world = World::new();
    let browser = world.browser(&["/login"]).await;
    let slow = world.sessions.open(&token(&browser)).await.unwrap();
    slow.add_visits(1);
    world.post(&mut browser.clone(), "/logout").await;
    slow.commit().await.unwrap_err();
    assert_eq!((world.rows(), &*world.says(&browser).await), (0, "Unknown None 0"));
}

/// Spring Session #2021: a deletion between reading a session and saving what had changed in it left half a session,
/// which was then an error for ever.
#[tokio::test]
async fn a_session_that_ends_between_reading_and_writing_leaves_nothing_behind() {
    for path in ["/visit", "/name", "/renew", "/clear"] {
        let world = World::new();
        let browser = world.browser(&["/login", "/visit"]).await;
        world.store.delay_next("update");
        world.store.take_calls();
        let writing = tokio::spawn({
            let (app, mut browser) = (world.app.clone(), browser.clone());
            async move { browser.post(&app, path).await.status() }
        });
        while !world.store.take_calls().contains(&"update") {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.sessions.revoke_all(Visitor::by_account(7)).await.unwrap(), 1);
        world.store.release();
        assert_eq!(writing.await.unwrap(), StatusCode::OK);
        assert_eq!((world.rows(), &*world.says(&browser).await), (0, "Unknown None 0"), "{path}");
    }
}

/// Omni CVE-2026-45720: what was to be used once was looked for first and deleted then, and used twice between.
#[tokio::test]
async fn what_may_be_used_once_is_given_to_one_of_many() {
    let inside = Arc::new(Barrier::new(16));
    // All of them have seen it when the first one takes it.
    let claim = post(move |session: Visit| async move {
        inside.wait().await;
        session.claim_notice().await.map(Option::unwrap_or_default)
    });
    let world = World::new().routed("/claim-together", claim);
    let browser = world.browser(&["/notice"]).await;
    let claims = (0..16).map(|_| async { body_text(world.post(&mut browser.clone(), "/claim-together").await).await });
    let claims = join_all(claims).await;
    assert_eq!(claims.iter().filter(|claim| *claim == NOTICE).count(), 1);
}

/// GitHub, March 2021: an object of one request was seen by another, which was answered as somebody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn among_many_at_once_everybody_is_answered_as_themselves() {
    let sign_in = post(async |session: Visit, account: String| session.set_account(account.parse().unwrap()));
    let world = Arc::new(World::new().routed("/sign-in", sign_in));
    let people = (0..64).map(|account: u64| {
        let world = world.clone();
        tokio::spawn(async move {
            let session = world.sessions.open(None).await.unwrap();
            session.set_account(account);
            let token = crate::support::commit(&session).await;
            for visit in 0..50 {
                let line = crate::app::cookie(&token);
                assert_eq!(world.says_to(&line).await, format!("Loaded Some({account}) {visit}"));
                assert_eq!(world.post_with("/visit", &line).await.status(), StatusCode::OK);
            }
        })
    });
    join_all(people).await.into_iter().for_each(Result::unwrap);
}

/// express-session #632 and #923, connect-redis #328, redistore #2: each response saved the whole session, as it was when
/// its request began.
#[tokio::test]
async fn a_request_that_changes_one_field_takes_no_other_back() {
    let world = World::new();
    let browser = world.browser(&["/visit"]).await;
    let slow = world.sessions.open(&token(&browser)).await.unwrap();
    slow.set_name("Ada");
    world.post(&mut browser.clone(), "/visit").await;
    world.post(&mut browser.clone(), "/draft").await;
    slow.commit().await.unwrap();
    let session = world.sessions.open(&token(&browser)).await.unwrap();
    assert_eq!((session.visits(), session.has_draft(), session.name().as_deref()), (2, true, Some("Ada")));
}

/// Symfony CVE-2018-11386, and who else left a lock behind when the database failed in the middle.
#[tokio::test]
async fn a_store_that_fails_midway_leaves_no_lock_behind() {
    for (call, fault) in [("load", Fault::Refused), ("update", Fault::Refused), ("update", Fault::AnswerLost)] {
        let world = World::new();
        let mut browser = world.browser(&["/visit"]).await;
        world.store.fail_next(call, fault);
        assert_eq!(world.post(&mut browser, "/visit").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(world.post(&mut browser, "/visit").await.status(), StatusCode::OK);
    }
}

/// PHP, and whoever else locks a session for as long as a request runs: here all of them are inside at once.
#[tokio::test]
async fn twenty_requests_of_one_session_run_at_the_same_time() {
    let inside = Arc::new(Barrier::new(20));
    let slow = post(move |session: TypedSession<Visitor>| async move {
        session.add_visits(1);
        inside.wait().await;
    });
    let world = World::new().routed("/slow", slow);
    let browser = world.browser(&["/visit"]).await;
    let answers = join_all((0..20).map(|_| async { world.post(&mut browser.clone(), "/slow").await.status() })).await;
    assert_eq!(answers, [StatusCode::OK; 20]);
    assert_eq!(world.says(&browser).await, "Loaded None 21");
}
