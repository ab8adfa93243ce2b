//! Which fields `login_with` signs in by.

use scs::{MemoryStore, Session, SessionError, SessionManager};

use super::Bound;
use crate::support::commit;

#[derive(Session)]
struct Reachable {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index)]
    mail: Option<String>,
}

#[tokio::test]
async fn a_field_that_does_not_say_who_is_signed_in_signs_nobody_in() {
    let sessions = SessionManager::<Reachable, _>::new(MemoryStore::new());
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_mail("ada@example.com".to_owned());
    let token = commit(&phone).await;
    let stranger = sessions.open(None).await.unwrap();
    let refused = stranger.login_with(Reachable::by_mail("ada@example.com")).await;
    assert!(matches!(refused, Err(SessionError::NotAnAccount { field: "mail" })), "{refused:?}");
    assert_eq!(stranger.mail(), None);
    stranger.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().account(), Some(7), "the phone's session goes on");
}

#[tokio::test]
async fn an_account_that_is_set_once_is_not_exchanged_by_a_sign_in() {
    let sessions = SessionManager::<Bound, _>::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.init_account(7).unwrap();
    let token = commit(&session).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    let refused = session.login_with(Bound::by_account(8)).await;
    assert!(matches!(refused, Err(SessionError::AlreadySet(_))), "{refused:?}");
    session.login_with(Bound::by_account(7)).await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(session.account(), Some(7));
}
