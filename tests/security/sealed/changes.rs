//! What a change of a sealed session seals, and what it leaves as it is.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, routing::get};
use scs::{
    MemoryStore, SessionError, SessionManager,
    sealed::{NoRevocation, RevocationList},
};

use super::{Visit, Visitor, clock, commit, cookie, cookies, key, listed, member, unlisted};
use crate::support::{Browser, DAY, HOUR, MINUTE, SECOND, START, TestStore, body_text};

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn only_a_renewal_of_a_session_that_was_sealed_before_is_one() {
    let (events, told) = std::sync::mpsc::channel();
    let list = TestStore::new();
    let settings = SessionManager::<Visitor, _>::builder(cookies(key(1), RevocationList::new(list.clone())));
    let sessions = settings.on_event(move |event| events.send(event.name()).unwrap()).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["created"]);
    assert_eq!(list.take_calls(), [""; 0], "there is nothing to revoke");

    let session = sessions.open(&token).await.unwrap();
    let (id, form) = (session.id(), session.csrf().unwrap().token().unwrap());
    session.set_visits(1);
    let token = commit(&session).await;
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [""; 0]);
    let session = sessions.open(&token).await.unwrap();
    assert_eq!(session.id(), id);
    session.csrf().unwrap().verify(&form).unwrap();
}

#[tokio::test]
async fn enc_7_a_revocation_outlives_copies_from_a_server_whose_clock_is_ahead() {
    let (here, there) = (clock(), clock());
    there.advance(MINUTE);
    let list = MemoryStore::new().with_clock(here.clone());
    let server = |clock: &Arc<_>| {
        let settings = SessionManager::builder(cookies(key(1), RevocationList::new(list.clone())));
        let settings = settings.clock(Arc::clone(clock) as _);
        settings.remembered_timeouts(HOUR, HOUR).idle_timeout(HOUR).absolute_timeout(HOUR).build().unwrap()
    };
    let copy = member(&server(&there)).await;
    let sessions = server(&here);
    let session = sessions.open(&copy).await.unwrap();
    session.destroy();
    session.commit().await.unwrap();
    here.advance(HOUR + MINUTE - MILLISECOND);
    assert_eq!(sessions.open(&copy).await.unwrap().outcome(), scs::Outcome::Unknown);
    here.advance(MILLISECOND);
    assert_eq!(sessions.open(&copy).await.unwrap().outcome(), scs::Outcome::Expired);
}

#[tokio::test]
async fn a_request_that_outlives_its_session_is_given_no_cookie() {
    for too_late in [Duration::ZERO, SECOND] {
        let (sessions, clock) = unlisted();
        let session = sessions.open(&cookie(&sessions).await).await.unwrap();
        clock.advance(DAY + too_late);
        assert!(session.commit().await.unwrap().token().is_none());
    }
}

#[tokio::test]
async fn what_is_sealed_after_the_head_has_left_reaches_nobody_so_nothing_is() {
    let (sessions, clock) = unlisted();
    let stream = move |session: Visit| async move {
        Body::from_stream(futures_util::stream::once(async move {
            clock.advance(10 * MINUTE);
            let committed = session.commit().await.unwrap();
            Ok::<_, std::convert::Infallible>(if committed.token().is_some() { "sealed" } else { "kept" })
        }))
    };
    let app = super::routes().route("/stream", get(stream)).layer(sessions.layer());
    let mut browser = Browser::default();
    browser.post(&app, "/visit").await;
    assert_eq!(body_text(browser.get(&app, "/stream").await).await, "kept");
}

#[tokio::test]
async fn reloading_forgets_what_was_not_sealed() {
    let (sessions, _) = listed();
    let session = sessions.open(&cookie(&sessions).await).await.unwrap();
    session.set_visits(1);
    commit(&session).await;
    session.set_visits(2);
    session.reload().await.unwrap();
    assert_eq!(session.visits(), 1);
}

#[tokio::test]
async fn what_has_expired_meanwhile_cannot_be_reloaded() {
    let (sessions, clock) = unlisted();
    let session = sessions.open(&cookie(&sessions).await).await.unwrap();
    clock.advance(30 * MINUTE - MILLISECOND);
    session.reload().await.unwrap();
    clock.advance(MILLISECOND);
    assert!(matches!(session.reload().await, Err(SessionError::Gone)));
}

#[tokio::test]
async fn a_new_session_knows_when_it_will_end() {
    let clock = clock();
    let sessions = SessionManager::<Visitor, _>::builder(cookies(key(1), NoRevocation));
    let sessions = sessions.clock(clock).absolute_timeout(2 * HOUR).build().unwrap();
    assert_eq!(sessions.open(None).await.unwrap().deadline(), START + 2 * HOUR);
}
