//! What is saved, and what is not.

use std::sync::Arc;

use axum::http::{StatusCode, header};

use super::{Visit, Visitor, browser, serving, sessions, stored};
use crate::support::{self, DAY, Fault, HOUR, MINUTE, SECOND, START, body_text, commit, on_manual_clock};

/// Elsewhere removing a key did not count as a change, so that a one-time message was shown for ever.
#[tokio::test]
async fn a_removal_alone_is_saved() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move { session.remove_visits() });
    browser(&token).get(&app, "/").await;
    assert!(!sessions.open(&token).await.unwrap().has_visits());
}

/// Elsewhere the method that changes a value through a closure forgot to mark the session as changed.
#[tokio::test]
async fn a_change_by_a_closure_alone_is_saved() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move {
        session.update_name(|name| *name = Some("Ada".to_owned()));
    });
    browser(&token).get(&app, "/").await;
    assert_eq!(sessions.open(&token).await.unwrap().name().as_deref(), Some("Ada"));
}

/// Elsewhere a life that was set for one session lasted until its next change, which computed it anew
/// from the server's settings.
#[tokio::test]
async fn a_deadline_and_a_remembered_sign_in_survive_the_next_write() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let short = sessions.open(None).await.unwrap();
    short.set_deadline(START + HOUR / 4);
    short.set_visits(1);
    let short_token = commit(&short).await;
    let long = sessions.open(None).await.unwrap();
    long.set_account(7);
    long.remember(true);
    let long_token = commit(&long).await;
    for (token, deadline) in [(short_token, START + HOUR / 4), (long_token, START + 30 * DAY)] {
        clock.advance(MINUTE);
        let session = sessions.open(&token).await.unwrap();
        session.set_visits(2);
        session.commit().await.unwrap();
        assert_eq!(sessions.open(&token).await.unwrap().deadline(), deadline);
    }
}

/// Elsewhere a session whose record could not be loaded was replaced by an empty one under the same id,
/// and saved over it, with a 200.
#[tokio::test]
async fn a_session_that_cannot_be_loaded_is_never_written_over() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move { session.set_name("Ada") });
    store.take_calls();
    store.fail_next("load", Fault::Refused);
    let response = browser(&token).get(&app, "/").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(store.take_calls(), ["load"]);
    assert_eq!(sessions.open(&token).await.unwrap().visits(), 1);
}

/// Elsewhere a failed save was a line in the log and a 200 in the browser.
#[tokio::test]
async fn a_session_that_cannot_be_saved_is_no_success() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move {
        session.set_name("Ada");
        "saved"
    });
    store.fail_next("update", Fault::Refused);
    let response = browser(&token).get(&app, "/").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_ne!(body_text(response).await, "saved");
}

/// Elsewhere a request that was cut off stayed counted as running, and its session could never be
/// deleted again.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_cut_off_leaves_nothing_behind() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let marker = Arc::new(());
    let held = marker.clone();
    let app = serving(&sessions, move |session: Visit| async move {
        let clone = session.clone();
        session.update_visits(move |visits| {
            let _ = (&held, clone.has_name());
            *visits = 99;
        });
        drop(session);
        std::future::pending::<()>().await;
    });
    let mut visitor = browser(&token);
    assert!(tokio::time::timeout(SECOND / 10, visitor.get(&app, "/")).await.is_err());
    drop(app);
    assert_eq!(Arc::strong_count(&marker), 1, "what the closure held is free");
    let session = sessions.open(&token).await.unwrap();
    assert_eq!(session.visits(), 1);
    session.destroy();
    session.commit().await.unwrap();
    assert_eq!(store.inner.statistics().sessions, 0);
}

/// Elsewhere a request that was cut off while it was saving left its session locked or half written.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_cut_off_while_saving_blocks_no_other() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move { session.update_visits(|visits| *visits += 1) });
    store.fail_next("update", Fault::Hangs);
    let mut visitor = browser(&token);
    assert!(tokio::time::timeout(SECOND / 10, visitor.get(&app, "/")).await.is_err());
    assert_eq!(browser(&token).get(&app, "/").await.status(), StatusCode::OK);
    assert_eq!(sessions.open(&token).await.unwrap().visits(), 2);
}

/// Elsewhere every visitor, and every robot, got a record and a cookie.
#[tokio::test]
async fn a_visitor_who_only_reads_gets_no_record_and_no_cookie() {
    let (sessions, store) = sessions();
    let app = serving(&sessions, |session: Visit, again: Option<Visit>| async move {
        format!("{} {:?} {}", session.visits(), session.name(), again.is_some())
    });
    let response = support::get(&app, "/", &[]).await;
    assert!(response.headers().get(header::SET_COOKIE).is_none());
    assert_eq!(store.take_calls(), [""; 0]);
}

/// Elsewhere every response to a known visitor set the cookie again.
#[tokio::test]
async fn the_cookie_is_not_set_again_while_the_token_stays() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move { session.update_visits(|visits| *visits += 1) });
    for _ in 0..3 {
        let response = browser(&token).get(&app, "/").await;
        assert!(response.headers().get(header::SET_COOKIE).is_none());
    }
}

/// Elsewhere an explicit save did not clear the mark of change, and the session was written twice.
#[tokio::test]
async fn an_explicit_commit_is_the_only_write() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move {
        session.set_visits(2);
        session.commit().await.map(drop)
    });
    store.take_calls();
    browser(&token).get(&app, "/").await;
    assert_eq!(store.take_calls(), ["load", "update"]);
}

/// Elsewhere an explicit save of a new session stored it, and no cookie was set.
#[tokio::test]
async fn an_explicit_commit_of_a_new_session_sets_the_cookie() {
    let (sessions, _) = sessions();
    let app = serving(&sessions, |session: Visit| async move {
        session.set_visits(1);
        session.commit().await.map(drop)
    });
    let token = support::token_in(&support::get(&app, "/", &[]).await).unwrap();
    assert_eq!(sessions.open(&token).await.unwrap().visits(), 1);
}

/// Elsewhere values were encoded without their names, so that a field that was added made every older
/// session unreadable.
#[tokio::test]
async fn a_value_that_gained_a_field_reads_what_was_stored_before() {
    mod before {
        #[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
        pub(super) struct Cart {
            pub(super) items: u32,
        }

        #[derive(scs::Session)]
        #[session(name = "Shop")]
        pub(super) struct Shop {
            pub(super) cart: Cart,
        }
    }

    mod after {
        #[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
        pub(super) struct Cart {
            #[serde(default)]
            pub(super) coupon: Option<String>,
            pub(super) items: u32,
        }

        #[derive(scs::Session)]
        #[session(name = "Shop")]
        pub(super) struct Shop {
            pub(super) cart: Cart,
        }
    }

    let store = support::TestStore::new();
    let session = scs::SessionManager::<before::Shop, _>::new(store.clone()).open(None).await.unwrap();
    session.set_cart(before::Cart { items: 3 });
    let token = commit(&session).await;
    let cart = scs::SessionManager::<after::Shop, _>::new(store).open(&token).await.unwrap().cart();
    assert_eq!((cart.items, cart.coupon), (3, None));
}
