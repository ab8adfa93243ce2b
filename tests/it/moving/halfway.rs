//! A process that dies between the calls of a merge: nothing is lost, and nothing is had twice.

use scs::Outcome;

use super::{Shopper, outcome, parsed};
use crate::support::{Fault, MINUTE, SECOND, commit, on_manual_clock};

#[tokio::test]
async fn what_a_process_that_died_had_given_waits_for_as_many_sign_ins_as_it_takes() {
    let (sessions, store, clock) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_points(100);
    commit(&phone).await;
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    store.fail_next("create", Fault::Refused);
    laptop.commit().await.unwrap_err();
    drop(laptop);
    clock.advance(SECOND);
    // Looked at, and not committed: the handler failed.
    let second = sessions.open(None).await.unwrap();
    assert!(second.login_with(Shopper::by_account(7)).await.unwrap());
    assert_eq!(second.points(), 100);
    drop(second);
    clock.advance(SECOND);
    let third = sessions.open(None).await.unwrap();
    let took_over = third.login_with(Shopper::by_account(7)).await.unwrap();
    third.commit().await.unwrap();
    assert_eq!((took_over, third.points()), (true, 100), "a process that dies halfway loses nothing");
}

#[tokio::test]
async fn what_a_session_took_over_in_its_turn_is_logged_out_of_with_it() {
    let (sessions, store, clock) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_points(100);
    phone.set_code("xyz");
    commit(&phone).await;
    clock.advance(SECOND);
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    // The process dies before it deletes the phone's session.
    store.fail_next("delete_at", Fault::Refused);
    laptop.commit().await.unwrap_err();
    drop(laptop);
    clock.advance(SECOND);
    let tablet = sessions.open(None).await.unwrap();
    assert!(tablet.login_with(Shopper::by_account(7)).await.unwrap());
    let tablet_token = commit(&tablet).await;
    let tablet = sessions.open(tablet_token.as_str()).await.unwrap();
    assert_eq!(tablet.points(), 100);
    assert_eq!(tablet.claim_code().await.unwrap().as_deref(), Some("xyz"));
    clock.advance(10 * MINUTE);
    // Logs out.
    tablet.destroy();
    tablet.commit().await.unwrap();
    let next = sessions.open(None).await.unwrap();
    let took = next.login_with(Shopper::by_account(7)).await.unwrap();
    commit(&next).await;
    assert_eq!((took, next.points(), next.claim_code().await.unwrap()), (false, 0, None), "all was logged out of");
}

#[tokio::test]
async fn what_a_session_took_over_in_its_turn_is_had_once() {
    let (sessions, store, clock) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_points(100);
    commit(&phone).await;
    clock.advance(SECOND);
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    store.fail_next("delete_at", Fault::Refused);
    laptop.commit().await.unwrap_err();
    drop(laptop);
    clock.advance(SECOND);
    let tablet = sessions.open(None).await.unwrap();
    tablet.login_with(Shopper::by_account(7)).await.unwrap();
    commit(&tablet).await;
    tablet.sign_out();
    commit(&tablet).await;
    let next = sessions.open(None).await.unwrap();
    next.login_with(Shopper::by_account(7)).await.unwrap();
    commit(&next).await;
    assert_eq!(tablet.points() + next.points(), 100, "neither doubled nor lost");
}

#[tokio::test]
async fn a_token_merges_a_session_that_was_given_and_has_not_arrived() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let other = sessions.open(None).await.unwrap();
    other.set_points(100);
    let other_token = commit(&other).await;
    let visitor = sessions.open(None).await.unwrap();
    visitor.merge_from(&parsed(&other_token)).await.unwrap();
    store.fail_next("create", Fault::Refused);
    visitor.commit().await.unwrap_err();
    drop(visitor);
    let again = sessions.open(None).await.unwrap();
    assert!(again.merge_from(&parsed(&other_token)).await.unwrap(), "given to a session which has not got it");
}

#[tokio::test]
async fn what_was_given_by_a_write_without_an_answer_is_given_back() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_label("laptop");
    let token = commit(&visitor).await;
    let visitor = sessions.open(token.as_str()).await.unwrap();
    visitor.merge_from(&parsed(&phone_token)).await.unwrap();
    store.fail_next("update", Fault::AnswerLost);
    // The visitor logs out in another tab.
    let tab = sessions.open(token.as_str()).await.unwrap();
    tab.destroy();
    tab.commit().await.unwrap();
    assert_eq!(outcome(&sessions, &phone_token).await, Outcome::Loaded, "what was certainly not taken is given back");
}

#[tokio::test]
async fn of_five_sessions_that_were_merged_each_is_had_once() {
    let (sessions, store, clock) = on_manual_clock::<Shopper>();
    let mut tokens = Vec::new();
    for account in 1..=5 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(account);
        session.set_points(100 * account);
        tokens.push(commit(&session).await);
    }
    let all = sessions.open(None).await.unwrap();
    for token in &tokens {
        all.merge_from(&parsed(token)).await.unwrap();
    }
    store.fail_next("delete_at", Fault::Refused);
    all.commit().await.unwrap_err();
    clock.advance(SECOND);
    let mut had = all.points();
    for account in 1..=5 {
        let next = sessions.open(None).await.unwrap();
        next.login_with(Shopper::by_account(account)).await.unwrap();
        if account != 5 {
            had += next.points();
        }
    }
    assert_eq!(had, 500, "what all of them took is had once");
}
