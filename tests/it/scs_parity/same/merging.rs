//! Merging another session in, as after a return from a payment or sign-in service.

use scs::Token;

use crate::scs_parity::{Known, known, parsed};
use crate::support::{DAY, Fault, MINUTE, START, commit};

async fn another(known: &Known) -> Token {
    let other = known.sessions.open(None).await.unwrap();
    other.set_visits(9);
    other.set_name("Ada");
    parsed(&commit(&other).await)
}

#[tokio::test]
async fn the_other_sessions_values_win_and_it_ends() {
    let known = known().await;
    let other = another(&known).await;
    let session = known.open().await;
    session.set_notice("mine");
    assert!(session.merge_from(&other).await.unwrap());
    session.commit().await.unwrap();
    let merged = known.open().await;
    assert_eq!(
        (merged.visits(), merged.name().as_deref(), merged.peek_notice().as_deref()),
        (9, Some("Ada"), Some("mine"))
    );
    assert!(known.sessions.get(other.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn merging_plain_data_keeps_the_token() {
    let known = known().await;
    let other = another(&known).await;
    let session = known.open().await;
    session.merge_from(&other).await.unwrap();
    assert!(session.commit().await.unwrap().token().is_none());
    assert_eq!(known.open().await.visits(), 9);
}

#[tokio::test]
async fn merging_a_session_that_does_not_exist_or_has_expired_changes_nothing() {
    let known = known().await;
    let other = another(&known).await;
    let session = known.open().await;
    known.clock.advance(29 * MINUTE);
    session.commit().await.unwrap();
    known.clock.advance(MINUTE);
    assert!(!session.merge_from(&other).await.unwrap());
    assert_eq!((session.visits(), session.deadline()), (1, START + DAY));
}

#[tokio::test]
async fn merging_itself_changes_nothing() {
    let known = known().await;
    let session = known.open().await;
    assert!(!session.merge_from(&parsed(&known.token)).await.unwrap());
    session.commit().await.unwrap();
    assert_eq!(known.open().await.visits(), 1);
}

#[tokio::test]
async fn a_store_that_fails_while_merging_is_an_error_and_nothing_is_merged() {
    let known = known().await;
    let other = another(&known).await;
    let session = known.open().await;
    known.store.fail_next("load", Fault::Refused);
    assert!(session.merge_from(&other).await.is_err());
    assert_eq!(session.visits(), 1);
}
