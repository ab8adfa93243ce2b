//! Committing, renewing, destroying, and how long a session lives.

use scs::SessionManager;

use crate::scs_parity::{Sessions, Visit, Visitor, cookies, known, serving};
use crate::support::{DAY, Fault, HOUR, MINUTE, SECOND, START, commit, on_manual_clock, token_in};

#[tokio::test]
async fn a_new_session_gets_its_token_when_it_is_committed() {
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    assert!(session.is_new());
    let token = commit(&session).await;
    assert_eq!((session.is_new(), store.take_calls()), (false, vec!["create"]));
    assert_eq!(sessions.open(&token).await.unwrap().id(), session.id());
}

#[tokio::test]
async fn a_later_commit_of_changes_keeps_the_token() {
    let known = known().await;
    let session = known.open().await;
    session.set_visits(2);
    assert!(session.commit().await.unwrap().token().is_none());
    assert_eq!(known.open().await.visits(), 2);
}

#[tokio::test]
async fn a_request_may_commit_several_times() {
    let known = known().await;
    let session = known.open().await;
    for visits in 2..5 {
        session.set_visits(visits);
        session.commit().await.unwrap();
        assert_eq!(known.open().await.visits(), visits);
    }
}

#[tokio::test]
async fn a_commit_that_fails_gives_no_token() {
    let known = known().await;
    let session = known.sessions.open(None).await.unwrap();
    session.set_visits(1);
    known.store.fail_next("create", Fault::Refused);
    assert!(session.commit().await.is_err());
    assert!(session.is_new());
}

#[tokio::test]
async fn a_session_lives_for_a_day_whatever_it_does() {
    let known = known().await;
    assert_eq!(known.open().await.deadline(), START + DAY);
    for _ in 0..(24 * 3 - 1) {
        known.clock.advance(20 * MINUTE);
        let session = known.open().await;
        session.update_visits(|visits| *visits += 1);
        session.commit().await.unwrap();
        assert_eq!(session.deadline(), START + DAY);
    }
    known.clock.advance(20 * MINUTE);
    assert!(known.open().await.is_new());
}

#[tokio::test]
async fn reading_keeps_an_idle_session_alive() {
    let known = known().await;
    for _ in 0..3 {
        known.clock.advance(20 * MINUTE);
        let session = known.open().await;
        assert_eq!(session.visits(), 1);
        session.commit().await.unwrap();
    }
    known.clock.advance(30 * MINUTE);
    assert!(known.open().await.is_new());
}

#[tokio::test]
async fn a_record_expires_when_idle_and_never_after_its_deadline() {
    let known = known().await;
    assert_eq!(known.time_to_live().await, 30 * MINUTE);

    let (_, store, clock) = on_manual_clock::<Visitor>();
    let builder = SessionManager::builder(store.clone()).clock(clock);
    let sessions: Sessions = builder.idle_timeout(HOUR).absolute_timeout(HOUR).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    session.set_deadline(START + MINUTE);
    commit(&session).await;
    assert_eq!(session.expires_in(), MINUTE);
}

#[tokio::test]
async fn the_deadline_that_is_told_is_the_absolute_one() {
    let session = known().await.open().await;
    assert_eq!((session.deadline(), session.expires_in()), (START + DAY, 30 * MINUTE));
}

#[tokio::test]
async fn a_deadline_that_was_brought_forward_ends_the_session_then() {
    let known = known().await;
    let session = known.open().await;
    session.set_deadline(START + MINUTE);
    assert_eq!(session.deadline(), START + MINUTE);
    session.commit().await.unwrap();
    known.clock.advance(MINUTE - SECOND);
    assert!(!known.open().await.is_new());
    known.clock.advance(SECOND);
    assert!(known.open().await.is_new());
}

#[tokio::test]
async fn renewing_gives_a_new_token_keeps_the_data_and_ends_the_old_token() {
    let known = known().await;
    let session = known.open().await;
    session.renew();
    let renewed = commit(&session).await;
    assert_ne!(renewed, known.token);
    assert_eq!(known.sessions.open(&renewed).await.unwrap().visits(), 1);
    assert!(known.open().await.is_new());
}

#[tokio::test]
async fn destroying_empties_the_session_deletes_it_and_removes_the_cookie() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        session.destroy();
        assert!(!session.has_visits(), "the data is gone at once");
    });
    let mut browser = known.browser();
    browser.get(&app, "/").await;
    assert_eq!(browser.cookie, None);
    assert!(known.stored().await.is_none());
}

#[tokio::test]
async fn what_is_put_after_destroying_begins_a_new_session_with_one_cookie() {
    let known = known().await;
    known.clock.advance(20 * MINUTE);
    let app = serving(&known.sessions, |session: Visit| async move {
        session.destroy();
        session.set_name("Ada");
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(cookies(&response).len(), 1);
    let session = known.sessions.open(&token_in(&response).unwrap()).await.unwrap();
    assert_eq!((session.name().as_deref(), session.has_visits()), (Some("Ada"), false));
    assert_eq!(session.deadline(), START + 20 * MINUTE + DAY, "its life begins anew");
    assert!(known.open().await.is_new());
}

#[tokio::test]
async fn destroying_after_the_head_deletes_the_session_and_cannot_reach_the_cookie() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move {
        let ending = async move {
            session.destroy();
            session.commit().await.map(|_| "ended")
        };
        axum::body::Body::from_stream(futures_util::stream::once(ending))
    });
    let response = known.browser().get(&app, "/").await;
    assert_eq!(cookies(&response), [""; 0]);
    assert_eq!(crate::support::body_text(response).await, "ended");
    assert!(known.stored().await.is_none());
}
