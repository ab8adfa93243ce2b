//! What icza/session has and SCS has not.

use scs::{Session, SessionManager};

use crate::scs_parity::{Visit, cookies, known, serving};
use crate::support::{self, MINUTE, START, TestStore, body_text, commit};

#[derive(Session)]
struct Signed {
    #[session(once)]
    user: Option<String>,
}

#[tokio::test]
async fn a_constant_attribute_is_set_once_and_for_the_life_of_the_session() {
    let sessions = SessionManager::<Signed, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.init_user("Ada").unwrap();
    assert!(session.init_user("Mallory").is_err());
    let token = commit(&session).await;
    let session = sessions.open(&token).await.unwrap();
    assert!(session.init_user("Mallory").is_err());
    assert_eq!(session.user().as_deref(), Some("Ada"));
}

#[tokio::test]
async fn a_handler_can_ask_for_a_session_only_if_there_is_one() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Option<Visit>| async move { session.is_some().to_string() });
    let stranger = support::get(&app, "/", &[]).await;
    assert_eq!(cookies(&stranger), [""; 0], "and asking creates none");
    assert_eq!(body_text(stranger).await, "false");
    assert_eq!(body_text(known.browser().get(&app, "/").await).await, "true");
}

#[tokio::test]
async fn a_session_tells_when_it_was_created_last_used_and_whether_it_is_new() {
    let known = known().await;
    let fresh = known.sessions.open(None).await.unwrap();
    assert!(fresh.is_new());
    known.clock.advance(10 * MINUTE);
    let session = known.open().await;
    session.commit().await.unwrap();
    assert!(!session.is_new());
    assert_eq!((session.created_at(), session.last_seen()), (START, START + 10 * MINUTE));
}

#[tokio::test]
async fn all_attributes_are_had_as_a_copy() {
    let session = known().await.open().await;
    let mut copy = session.snapshot();
    assert_eq!((copy.visits, copy.name.take(), copy.account, copy.notice), (1, None, None, None));
    copy.visits += 1;
    assert_eq!((copy.visits, session.visits()), (2, 1));
}

#[tokio::test]
async fn requests_of_one_process_lose_no_update_to_each_other() {
    let known = known().await;
    let slow = known.open().await;
    slow.update_visits(|visits| *visits += 1);
    let fast = known.open().await;
    fast.update_visits(|visits| *visits += 1);
    fast.commit().await.unwrap();
    slow.commit().await.unwrap();
    assert_eq!(known.open().await.visits(), 3);
}

#[tokio::test]
async fn the_cookie_is_secure_unless_that_is_switched_off() {
    let known = known().await;
    let app = serving(&known.sessions, |session: Visit| async move { session.set_visits(1) });
    assert!(cookies(&support::get(&app, "/", &[]).await)[0].contains("; Secure; HttpOnly;"));
}
