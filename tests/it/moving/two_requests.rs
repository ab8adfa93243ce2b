//! Two requests that take over one session: one has what it had.

use scs::SessionError;

use super::{Shopper, parsed};
use crate::support::{Fault, commit, on_manual_clock};

#[tokio::test]
async fn of_two_requests_that_merge_one_session_one_signs_in() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_points(100);
    let phone_token = commit(&phone).await;
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_label("laptop");
    let token = commit(&visitor).await;
    let (one, two) = (sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap());
    assert!(one.merge_from(&parsed(&phone_token)).await.unwrap());
    assert!(two.merge_from(&parsed(&phone_token)).await.unwrap());
    store.take_calls();
    // The second `update` of the first tab, the one that writes the visitor's session.
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let first = tokio::spawn({
        let one = one.clone();
        async move { one.commit().await }
    });
    store.reached("update").await;
    store.reached("update").await;
    let second = tokio::spawn({
        let two = two.clone();
        async move { two.commit().await }
    });
    let second = second.await.unwrap();
    store.release();
    let first = first.await.unwrap();
    assert!(first.is_ok() || second.is_ok(), "one of them is signed in, for nobody ended anything");
    assert_eq!(sessions.find(Shopper::by_account(7)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_one_request_took_over_and_a_third_has_claimed_a_second_does_not_bring_back() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let other = sessions.open(None).await.unwrap();
    other.set_code("xyz");
    let other_token = commit(&other).await;
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_label("laptop");
    let token = commit(&visitor).await;
    let (one, two) = (sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap());
    one.merge_from(&parsed(&other_token)).await.unwrap();
    two.merge_from(&parsed(&other_token)).await.unwrap();
    store.take_calls();
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let first = tokio::spawn({
        let one = one.clone();
        async move { one.commit().await }
    });
    store.reached("update").await;
    store.reached("update").await;
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let second = tokio::spawn({
        let two = two.clone();
        async move { two.commit().await }
    });
    store.reached("update").await;
    store.reached("update").await;
    store.release();
    first.await.unwrap().unwrap();
    let third = sessions.open(token.as_str()).await.unwrap();
    third.add_points(1);
    third.commit().await.unwrap();
    let first_claim = third.claim_code().await.unwrap();
    store.release();
    second.await.unwrap().unwrap();
    let fourth = sessions.open(token.as_str()).await.unwrap();
    let second_claim = fourth.claim_code().await.unwrap();
    assert!(!(first_claim.is_some() && second_claim.is_some()), "claimed twice: {first_claim:?} {second_claim:?}");
}

#[tokio::test]
async fn what_was_added_since_one_request_took_over_a_second_does_not_undo() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let other = sessions.open(None).await.unwrap();
    other.set_points(100);
    let other_token = commit(&other).await;
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_label("laptop");
    let token = commit(&visitor).await;
    let (one, two) = (sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap());
    one.merge_from(&parsed(&other_token)).await.unwrap();
    two.merge_from(&parsed(&other_token)).await.unwrap();
    store.take_calls();
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let first = tokio::spawn(async move { one.commit().await });
    store.reached("update").await;
    store.reached("update").await;
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let second = tokio::spawn(async move { two.commit().await });
    for _ in 0..2 {
        store.reached("update").await;
    }
    store.release();
    first.await.unwrap().unwrap();
    let third = sessions.open(token.as_str()).await.unwrap();
    third.add_points(1);
    third.commit().await.unwrap();
    store.release();
    second.await.unwrap().unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().points(), 101, "an addition is exact");
}

#[tokio::test]
async fn of_two_sign_ins_of_one_visitor_one_takes_over_and_nothing_is_left_behind() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_points(100);
    commit(&phone).await;
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_label("laptop");
    let token = commit(&visitor).await;
    let (one, two) = (sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap());
    one.login_with(Shopper::by_account(7)).await.unwrap();
    two.login_with(Shopper::by_account(7)).await.unwrap();
    store.take_calls();
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let first = tokio::spawn({
        let one = one.clone();
        async move { one.commit().await }
    });
    store.reached("update").await;
    store.reached("update").await;
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let second = tokio::spawn({
        let two = two.clone();
        async move { two.commit().await }
    });
    store.reached("update").await;
    store.reached("update").await;
    store.release();
    first.await.unwrap().unwrap();
    store.release();
    assert!(matches!(second.await.unwrap(), Err(SessionError::SignInLost)));
    let next = sessions.open(None).await.unwrap();
    next.login_with(Shopper::by_account(7)).await.unwrap();
    commit(&next).await;
    assert_eq!(next.points(), 100);
    assert_eq!(store.inner.statistics().sessions, 1);
}

#[tokio::test]
async fn a_value_that_two_sessions_take_over_is_claimed_once() {
    let (sessions, _, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_code("xyz");
    let phone_token = commit(&phone).await;
    let mut claimed = 0;
    for _ in 0..2 {
        let other = sessions.open(None).await.unwrap();
        other.login_with(Shopper::by_account(7)).await.unwrap();
        claimed += usize::from(other.claim_code().await.unwrap().is_some());
    }
    for _ in 0..2 {
        let other = sessions.open(None).await.unwrap();
        other.merge_from(&parsed(&phone_token)).await.unwrap();
        claimed += usize::from(other.claim_code().await.unwrap().is_some());
    }
    claimed += usize::from(phone.claim_code().await.unwrap().is_some());
    assert!(claimed <= 1, "{claimed} claims of one value");
}
