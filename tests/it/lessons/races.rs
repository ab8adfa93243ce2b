//! Requests of one session that run at the same time.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use scs::{SessionError, SessionManager};
use tokio::sync::Notify;

use super::{Sessions, Visit, browser, serving, sessions, stored};
use crate::support::{self, commit};

/// Elsewhere the tab that read the session while another one logged in answered with a removal cookie,
/// which took the fresh login away when it arrived second.
#[tokio::test]
async fn a_reader_that_lost_against_a_sign_in_removes_no_cookie() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let signing_in = sessions.open(&token).await.unwrap();
    signing_in.set_account(7);
    let reading = serving(&sessions, |session: Visit| async move { session.visits().to_string() });
    let before = browser(&token).get(&reading, "/").await;
    let fresh = commit(&signing_in).await;
    let after = browser(&token).get(&reading, "/").await;
    for response in [before, after] {
        assert!(response.headers().get(header::SET_COOKIE).is_none());
    }
    assert_eq!(sessions.open(&fresh).await.unwrap().account(), Some(7));
}

/// Elsewhere a request that was under way during a renewal sent the old id's cookie again, and the
/// visitor ended up with an empty session.
#[tokio::test]
async fn a_writer_that_lost_against_a_sign_in_sets_no_cookie_and_writes_nothing() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let manager = sessions.clone();
    let fresh: Arc<std::sync::Mutex<String>> = Arc::default();
    let (other_tab, old) = (fresh.clone(), token.clone());
    let app = serving(&sessions, move |session: Visit| async move {
        session.set_name("Mallory");
        let signing_in = manager.open(&old).await.unwrap();
        signing_in.set_account(7);
        *other_tab.lock().unwrap() = commit(&signing_in).await;
    });
    let response = browser(&token).get(&app, "/").await;
    assert!(response.headers().get(header::SET_COOKIE).is_none());
    let fresh = fresh.lock().unwrap().clone();
    let session = sessions.open(&fresh).await.unwrap();
    assert_eq!((session.account(), session.name()), (Some(7), None));
    assert_eq!(store.inner.statistics().sessions, 1);
}

/// Elsewhere a request that was under way during a logout stored the session again, under the old id or
/// even a new one with a cookie.
#[tokio::test]
async fn a_writer_that_lost_against_a_logout_brings_nothing_back() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let (manager, old) = (sessions.clone(), token.clone());
    let app = serving(&sessions, move |session: Visit| async move {
        session.update_visits(|visits| *visits += 1);
        let leaving = manager.open(&old).await.unwrap();
        leaving.destroy();
        leaving.commit().await.unwrap();
    });
    let response = browser(&token).get(&app, "/").await;
    assert!(response.headers().get(header::SET_COOKIE).is_none());
    assert_eq!(store.inner.statistics().sessions, 0);
}

/// Elsewhere a login that lost against a logout answered that it had worked.
#[tokio::test]
async fn a_sign_in_that_lost_against_a_logout_is_told() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let (manager, old) = (sessions.clone(), token.clone());
    let app = serving(&sessions, move |session: Visit| async move {
        session.set_account(7);
        let leaving = manager.open(&old).await.unwrap();
        leaving.destroy();
        leaving.commit().await.unwrap();
    });
    assert_eq!(browser(&token).get(&app, "/").await.status(), StatusCode::CONFLICT);
}

/// Elsewhere the last of two writers replaced the whole session, and what the first had set in another
/// field was lost.
#[tokio::test]
async fn two_writers_of_different_fields_both_win() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let (one, other) = (sessions.open(&token).await.unwrap(), sessions.open(&token).await.unwrap());
    one.set_name("Ada");
    other.set_visits(5);
    other.commit().await.unwrap();
    one.commit().await.unwrap();
    let session = sessions.open(&token).await.unwrap();
    assert_eq!((session.name().as_deref(), session.visits()), (Some("Ada"), 5));
}

/// Elsewhere two requests that counted in the same field counted once, or the second of them failed and
/// its visitor lost the session.
#[tokio::test]
async fn two_writers_of_one_field_both_count_and_both_succeed() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let app = serving(&sessions, |session: Visit| async move {
        session.update_visits(|visits| *visits += 1);
        tokio::task::yield_now().await;
    });
    let requests = (0..20).map(|_| {
        let (app, mut browser) = (app.clone(), browser(&token));
        async move { browser.get(&app, "/").await.status() }
    });
    let statuses = futures_util::future::join_all(requests).await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK));
    assert_eq!(sessions.open(&token).await.unwrap().visits(), 21);
}

/// Elsewhere the session was a lock that its holder kept across awaits: a second extraction, or
/// middleware beside a handler, waited for ever.
#[tokio::test(start_paused = true)]
async fn holding_a_session_across_an_await_blocks_nobody() {
    let (sessions, _) = sessions();
    let token = stored(&sessions).await;
    let (held, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (holding, go_on) = (held.clone(), release.clone());
    let slow = serving(&sessions, move |session: Visit, second: Visit| async move {
        session.with_visits(|visits| second.set_visits(visits + 1));
        holding.notify_one();
        go_on.notified().await;
    });
    let slow = tokio::spawn({
        let mut browser = browser(&token);
        async move { browser.get(&slow, "/").await.status() }
    });
    held.notified().await;
    let quick = serving(&sessions, |session: Visit| async move { session.set_name("Ada") });
    assert_eq!(browser(&token).get(&quick, "/").await.status(), StatusCode::OK);
    release.notify_one();
    assert_eq!(slow.await.unwrap(), StatusCode::OK);
    let session = sessions.open(&token).await.unwrap();
    assert_eq!((session.visits(), session.name().as_deref()), (2, Some("Ada")));
}

/// Elsewhere each server kept the sessions in its own memory and the database was a copy: what one
/// wrote, or that one logged out, the other learned an hour later.
#[tokio::test]
async fn two_servers_with_one_store_see_each_others_writes_and_logouts_at_once() {
    let (here, store) = sessions();
    let there: Sessions = SessionManager::new(store);
    let token = stored(&here).await;
    let session = there.open(&token).await.unwrap();
    session.set_visits(2);
    session.commit().await.unwrap();
    let session = here.open(&token).await.unwrap();
    assert_eq!(session.visits(), 2);
    session.destroy();
    session.commit().await.unwrap();
    assert!(there.open(&token).await.unwrap().is_new());
}

/// Elsewhere a commit that failed in an unknown way was sent again as a new session, with a cookie.
#[tokio::test]
async fn a_write_with_an_unknown_end_hands_out_no_second_session() {
    let (sessions, store) = sessions();
    let token = stored(&sessions).await;
    let session = sessions.open(&token).await.unwrap();
    session.set_visits(2);
    store.fail_next("update", support::Fault::AnswerLost);
    assert!(matches!(session.commit().await, Err(SessionError::Store(_))));
    assert!(matches!(session.commit().await, Err(SessionError::Uncertain)));
    assert_eq!(store.inner.statistics().sessions, 1);
    assert_eq!(sessions.open(&token).await.unwrap().visits(), 2);
}
