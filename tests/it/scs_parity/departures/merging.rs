//! Merging another session in.

use crate::scs_parity::{known, parsed};
use crate::support::{DAY, Fault, HOUR, START, commit};

/// In SCS the later of both deadlines counts, so merging lengthens a session. Here ours stays: only
/// signing in lengthens.
#[tokio::test]
async fn merging_does_not_put_off_the_deadline() {
    let known = known().await;
    known.clock.advance(HOUR / 4);
    let other = known.sessions.open(None).await.unwrap();
    other.set_name("Ada");
    let other = parsed(&commit(&other).await);
    let session = known.open().await;
    session.merge_from(&other).await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(known.open().await.deadline(), START + DAY);
}

/// The same where the other session brings an account along: a token proves nothing again, so the sign-in that it stands for
/// ends when it would have.
#[tokio::test]
async fn a_sign_in_that_moves_to_another_session_ends_when_it_would_have() {
    let known = known().await;
    let other = known.sessions.open(None).await.unwrap();
    other.set_account(7);
    let mut token = commit(&other).await;
    for quarters in 1..=4 {
        known.clock.advance(HOUR / 4);
        let next = known.sessions.open(None).await.unwrap();
        next.merge_from(&parsed(&token)).await.unwrap();
        token = commit(&next).await;
        assert_eq!((next.account(), next.deadline()), (Some(7), START + DAY), "after {quarters} quarters of an hour");
    }
    let session = known.sessions.open(&token).await.unwrap();
    session.set_account(7);
    session.commit().await.unwrap();
    assert_eq!(session.deadline(), START + HOUR + DAY, "signing in again is proof");
}

/// SCS deletes the other session before this one is stored: a store that fails in between loses both.
/// Here it ends when this one has been saved.
#[tokio::test]
async fn the_other_session_ends_when_this_one_is_saved_and_not_before() {
    let known = known().await;
    let other = known.sessions.open(None).await.unwrap();
    other.set_name("Ada");
    let token = parsed(&commit(&other).await);
    let session = known.open().await;
    session.merge_from(&token).await.unwrap();
    known.store.fail_next("update", Fault::Refused);
    session.commit().await.unwrap_err();
    assert_eq!(known.sessions.get(other.id()).await.unwrap().unwrap().name().as_deref(), Some("Ada"));
}

/// In SCS merging a signed-in session keeps the token, so that whoever knew it is signed in as well.
/// Here the account came along, so the token changes.
#[tokio::test]
async fn merging_a_signed_in_session_renews_the_token() {
    let known = known().await;
    let other = known.sessions.open(None).await.unwrap();
    other.set_account(7);
    let other = parsed(&commit(&other).await);
    let session = known.open().await;
    session.merge_from(&other).await.unwrap();
    let token = commit(&session).await;
    assert!(known.open().await.is_new());
    assert_eq!(known.sessions.open(&token).await.unwrap().account(), Some(7));
}

/// In SCS the store's key for a session is all that merging asks for. Here it asks for the token, and
/// the id, which is public, is not enough.
#[tokio::test]
async fn merging_takes_the_other_sessions_token_and_not_only_its_id() {
    let known = known().await;
    let other = known.sessions.open(None).await.unwrap();
    other.set_name("Ada");
    let token = commit(&other).await;
    let session = known.open().await;
    assert!(!session.merge_from(&parsed(&format!("{}{}", &token[..22], "A".repeat(42)))).await.unwrap());
    assert_eq!(session.name(), None);
    assert!(session.merge_from(&parsed(&token)).await.unwrap());
}

/// In SCS the other session's mark of being remembered is merged like a value. Here how long the client
/// keeps its cookie is this session's own affair.
#[tokio::test]
async fn merging_does_not_make_a_session_remembered() {
    let known = known().await;
    let other = known.sessions.open(None).await.unwrap();
    other.set_name("Ada");
    other.remember(true);
    let other = parsed(&commit(&other).await);
    let session = known.open().await;
    session.merge_from(&other).await.unwrap();
    assert!(session.commit().await.unwrap().token().is_none(), "so there is nothing to tell the client");
    assert_eq!(session.deadline(), START + DAY);
}
