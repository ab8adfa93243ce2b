//! Logging out, and what a thief does with a copy.

use axum::http::{StatusCode, header};
use scs::{MemoryStore, Outcome, SessionError, SessionEvent, SessionManager, sealed::RevocationList};

use super::{clock, commit, cookie, cookies, key, listed, member, on, routes, unlisted};
use crate::support::{Browser, DAY, Fault, HOUR, MINUTE, TestStore, body_text, get};

#[tokio::test]
async fn enc_7_with_a_list_a_copy_of_the_cookie_is_worthless_after_logging_out() {
    let app = routes().layer(listed().0.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    let thief = browser.cookie.clone().unwrap();
    assert_eq!(body_text(get(&app, "/account", &[("cookie", &thief)]).await).await, "Some(7)");
    browser.post(&app, "/logout").await;
    assert_eq!(body_text(get(&app, "/account", &[("cookie", &thief)]).await).await, "None");
}

#[tokio::test]
async fn enc_7_a_slow_request_brings_no_session_back_by_renewing_it() {
    let sessions = listed().0;
    let token = member(&sessions).await;
    let [slow, leaving] = [sessions.open(&token).await.unwrap(), sessions.open(&token).await.unwrap()];
    leaving.destroy();
    leaving.commit().await.unwrap();
    slow.renew();
    assert!(matches!(slow.commit().await, Err(SessionError::Gone)));
}

#[tokio::test]
async fn enc_7_without_a_list_a_copy_of_the_cookie_works_until_its_deadline() {
    let (sessions, clock) = unlisted();
    let app = routes().layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    let thief = browser.cookie.clone().unwrap();
    browser.post(&app, "/logout").await;
    assert_eq!(body_text(get(&app, "/account", &[("cookie", &thief)]).await).await, "Some(7)");
    clock.advance(DAY);
    assert_eq!(body_text(get(&app, "/account", &[("cookie", &thief)]).await).await, "None");
}

#[tokio::test]
async fn ren_1_with_a_list_the_cookie_from_before_a_sign_in_or_a_renewal_is_worthless() {
    let sessions = listed().0;
    for renew in [|session: &super::Visit| session.set_account(8), |session: &super::Visit| session.renew()] {
        let before = member(&sessions).await;
        let session = sessions.open(&before).await.unwrap();
        renew(&session);
        let after = commit(&session).await;
        assert_eq!(sessions.open(&before).await.unwrap().outcome(), Outcome::Unknown);
        assert_eq!(sessions.open(&after).await.unwrap().outcome(), Outcome::Loaded);
    }
}

/// What a stranger had is no secret of the account that signs in over it, so the list has no room for it.
#[tokio::test]
async fn ren_1_the_cookie_from_before_a_strangers_sign_in_shows_nothing_of_the_account() {
    let sessions = listed().0;
    let before = cookie(&sessions).await;
    let session = sessions.open(&before).await.unwrap();
    session.set_account(7);
    commit(&session).await;
    let planted = sessions.open(&before).await.unwrap();
    assert_eq!(planted.account(), None);
    assert_ne!(planted.id(), session.id());
}

/// The other request has signed in again, or renewed, and is answered already.
#[tokio::test]
async fn enc_7_a_logout_that_comes_second_ends_what_the_session_was_renewed_as() {
    let sessions = listed().0;
    let token = member(&sessions).await;
    let leaving = sessions.open(&token).await.unwrap();
    let mut renewed = token;
    for account in [7, 8] {
        let session = sessions.open(&renewed).await.unwrap();
        session.set_account(account);
        renewed = commit(&session).await;
    }
    assert_eq!(sessions.open(&renewed).await.unwrap().account(), Some(8));
    leaving.destroy();
    leaving.commit().await.unwrap();
    assert_eq!(sessions.open(&renewed).await.unwrap().outcome(), Outcome::Unknown);
}

/// The logout is served where the timeouts are shorter already, and the renewal where they are not.
#[tokio::test]
async fn enc_7_a_logout_that_comes_second_is_final_also_during_a_deploy_that_shortens_the_timeouts() {
    let (clock, list) = (clock(), MemoryStore::new());
    let list = list.with_clock(clock.clone());
    let before = on(cookies(key(1), RevocationList::new(list.clone())), clock.clone()).0;
    let deployed = SessionManager::builder(cookies(key(1), RevocationList::new(list))).clock(clock.clone());
    let deployed = deployed.idle_timeout(MINUTE).absolute_timeout(HOUR).remembered_timeouts(HOUR, HOUR);
    let deployed = deployed.build().unwrap();
    let session = before.open(None).await.unwrap();
    session.set_account(7);
    session.remember(true);
    let token = commit(&session).await;
    let leaving: super::Visit = deployed.open(&token).await.unwrap();
    let renewing = before.open(&token).await.unwrap();
    renewing.renew();
    let renewed = commit(&renewing).await;
    leaving.destroy();
    leaving.commit().await.unwrap();
    for _ in 0..3 {
        assert_eq!(before.open(&renewed).await.unwrap().outcome(), Outcome::Unknown);
        clock.advance(HOUR);
    }
}

#[tokio::test]
async fn a_merge_that_fails_ends_no_other_session() {
    let sessions = listed().0;
    let token = member(&sessions).await;
    let [slow, leaving] = [sessions.open(&token).await.unwrap(), sessions.open(&token).await.unwrap()];
    let other = sessions.open(None).await.unwrap();
    other.set_account(7);
    let committed = other.commit().await.unwrap();
    let others = committed.token().unwrap();
    leaving.destroy();
    leaving.commit().await.unwrap();
    assert!(slow.merge_from(others).await.unwrap());
    assert!(slow.commit().await.is_err());
    assert_eq!(sessions.open(&others.expose()).await.unwrap().outcome(), Outcome::Loaded);
}

#[tokio::test]
async fn ter_1_a_list_that_is_down_fails_a_logout_and_the_browser_forgets_its_cookie() {
    let store = TestStore::new();
    let (sessions, _) = on(cookies(key(1), RevocationList::new(store.clone())), clock());
    let app = routes().layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    store.fail_next("create", Fault::Refused);
    let response = browser.post(&app, "/logout").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn avl_1_a_list_that_is_down_lets_nobody_in_and_costs_nobody_the_cookie() {
    let store = TestStore::new();
    let (sessions, _) = on(cookies(key(1), RevocationList::new(store.clone())), clock());
    let app = routes().layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/login").await;
    store.fail_next("load", Fault::Refused);
    let response = browser.get(&app, "/account").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!response.headers().contains_key(header::SET_COOKIE));
    assert_eq!(body_text(browser.get(&app, "/account").await).await, "Some(7)");
}

#[tokio::test]
async fn a_renewal_that_cannot_be_written_down_changes_nothing() {
    let store = TestStore::new();
    let (sessions, _) = on(cookies(key(1), RevocationList::new(store.clone())), clock());
    let session = sessions.open(&member(&sessions).await).await.unwrap();
    session.set_account(8);
    store.fail_next("create", Fault::Refused);
    assert!(session.commit().await.unwrap_err().is_transient());
    let token = commit(&session).await;
    assert_eq!(sessions.open(&token).await.unwrap().account(), Some(8));
}

#[tokio::test]
async fn a_merged_session_is_over() {
    let sessions = listed().0;
    let old = sessions.open(None).await.unwrap();
    old.set_note("from the other device");
    let committed = old.commit().await.unwrap();
    let other = committed.token().unwrap();
    let session = sessions.open(&cookie(&sessions).await).await.unwrap();
    assert!(session.merge_from(other).await.unwrap());
    commit(&session).await;
    assert_eq!(session.note().as_deref(), Some("from the other device"));
    assert_eq!(sessions.open(&other.expose()).await.unwrap().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn log_3_each_event_of_a_sealed_session_is_told_once() {
    let (events, told) = std::sync::mpsc::channel();
    let list = RevocationList::new(TestStore::new());
    let sessions = SessionManager::<super::Visitor, _>::builder(cookies(key(1), list))
        .clock(clock())
        .on_event(move |event: &SessionEvent| events.send(event.name()).unwrap())
        .build()
        .unwrap();
    let session = sessions.open(&cookie(&sessions).await).await.unwrap();
    session.renew();
    commit(&session).await;
    session.destroy();
    session.commit().await.unwrap();
    sessions.open("AAAA").await.unwrap();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["created", "renewed", "destroyed", "decrypt_failed"]);
}
