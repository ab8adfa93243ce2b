//! A session that ends while it is taken over, and what ends with it.

use std::sync::Arc;

use scs::{ManualClock, Outcome, Session, SessionError, SessionEvent, SessionManager, TypedSession};

use super::{Bound, Shopper, Two, outcome, parsed};
use crate::support::{Browser, Fault, MINUTE, SECOND, START, TestStore, commit, on_manual_clock};

#[derive(Session)]
struct Room {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index)]
    room: Option<String>,
}

#[tokio::test]
async fn a_logout_ends_a_session_that_is_on_its_way_to_another_one() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    let laptop = sessions.open(None).await.unwrap();
    laptop.set_label("laptop");
    let laptop_token = commit(&laptop).await;
    let signing_in = sessions.open(laptop_token.as_str()).await.unwrap();
    signing_in.login_with(Shopper::by_account(7)).await.unwrap();
    store.take_calls();
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let sign_in = tokio::spawn(async move { signing_in.commit().await });
    store.reached("update").await;
    store.reached("update").await;
    // The owner of the phone logs out there.
    let logout = sessions.open(phone_token.as_str()).await.unwrap();
    logout.destroy();
    assert!(logout.commit().await.unwrap().is_removed());
    // And in another tab of the laptop too.
    let other_tab = sessions.open(laptop_token.as_str()).await.unwrap();
    other_tab.destroy();
    other_tab.commit().await.unwrap();
    store.release();
    assert!(matches!(sign_in.await.unwrap(), Err(SessionError::SignInLost)));
    assert_ne!(outcome(&sessions, &phone_token).await, Outcome::Loaded, "a copied token works after the logout");
}

#[tokio::test]
async fn what_a_session_had_that_logged_out_on_its_way_is_taken_over_by_none() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    phone.set_code("xyz");
    let phone_token = commit(&phone).await;
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    store.fail_next("create", Fault::Refused);
    laptop.commit().await.unwrap_err();
    drop(laptop);
    let logout = sessions.open(phone_token.as_str()).await.unwrap();
    logout.destroy();
    assert!(logout.commit().await.unwrap().is_removed());
    let next = sessions.open(None).await.unwrap();
    let took = next.login_with(Shopper::by_account(7)).await.unwrap();
    assert!(!took, "the phone has logged out");
}

#[tokio::test]
async fn a_sign_in_does_not_move_past_logging_out_everywhere_where_a_deletion_fails() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    store.take_calls();
    store.delay_next("delete_under");
    let everywhere = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.revoke_all(Shopper::by_account(7)).await }
    });
    store.reached("delete_under").await;
    let other = sessions.open(None).await.unwrap();
    other.merge_from(&parsed(&phone_token)).await.unwrap();
    store.fail_next("delete_at", Fault::Refused);
    other.commit().await.unwrap_err();
    store.release();
    everywhere.await.unwrap().unwrap();
    // The handler tries again, as an error of the store asks for.
    assert!(matches!(other.commit().await, Err(SessionError::SignInLost)));
    assert!(sessions.find(Shopper::by_account(7)).await.unwrap().is_empty(), "everybody was logged out");
}

#[tokio::test]
async fn nor_is_its_token_told() {
    use axum::{Router, http::StatusCode, routing::post};
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    let stolen = phone_token.clone();
    let merge = async move |session: TypedSession<Shopper>| session.merge_from(&parsed(&stolen)).await.map(drop);
    let app = Router::new().route("/merge", post(merge)).layer(sessions.layer());
    store.take_calls();
    store.delay_next("delete_under");
    let everywhere = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.revoke_all(Shopper::by_account(7)).await }
    });
    store.reached("delete_under").await;
    store.fail_next("delete_at", Fault::Refused);
    let mut thief = Browser::default();
    assert_eq!(thief.post(&app, "/merge").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    store.release();
    everywhere.await.unwrap().unwrap();
    let token = thief.cookie.as_deref().and_then(|pair| pair.split_once('=')).map(|(_, token)| token.to_owned());
    let account = match token {
        Some(token) => sessions.open(token.as_str()).await.unwrap().account(),
        None => None,
    };
    assert_eq!(account, None, "everybody was logged out");
}

#[tokio::test]
async fn of_two_sessions_that_are_merged_each_may_end_the_sign_in_on_its_way() {
    let (sessions, store, clock) = on_manual_clock::<Two>();
    let guest = sessions.open(None).await.unwrap();
    guest.set_role("reader");
    let guest_token = commit(&guest).await;
    clock.advance(SECOND);
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    let other = sessions.open(None).await.unwrap();
    other.merge_from(&parsed(&phone_token)).await.unwrap();
    other.merge_from(&parsed(&guest_token)).await.unwrap();
    store.take_calls();
    store.delay_next("create");
    let moving = tokio::spawn({
        let other = other.clone();
        async move { other.commit().await }
    });
    store.reached("create").await;
    assert_eq!(sessions.revoke_all(Two::by_account(7)).await.unwrap(), 1);
    store.release();
    assert!(matches!(moving.await.unwrap(), Err(SessionError::SignInLost)));
    assert!(sessions.find(Two::by_account(7)).await.unwrap().is_empty(), "everybody was logged out");
}

#[tokio::test]
async fn a_session_that_comes_to_have_a_value_while_its_others_are_ended_goes_on() {
    let (sessions, store, clock) = on_manual_clock::<Room>();
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_account(9);
    let visitor_token = commit(&visitor).await;
    clock.advance(SECOND);
    let inside = sessions.open(None).await.unwrap();
    inside.set_room("x");
    commit(&inside).await;
    clock.advance(SECOND);
    store.take_calls();
    store.delay_next("delete_under");
    let closing = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.revoke_all(Room::by_room("x".to_owned())).await }
    });
    store.reached("delete_under").await;
    // The one that was inside leaves by itself, and the visitor comes.
    inside.destroy();
    inside.commit().await.unwrap();
    clock.advance(SECOND);
    let visitor = sessions.open(visitor_token.as_str()).await.unwrap();
    visitor.set_room("x");
    visitor.commit().await.unwrap();
    store.release();
    assert_eq!(closing.await.unwrap().unwrap(), 0);
    let still = sessions.open(visitor_token.as_str()).await.unwrap();
    assert_eq!(still.account(), Some(9), "it did not have the value before this began");
}

#[tokio::test]
async fn looking_for_what_was_given_to_a_session_ends_no_third_one() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let a = sessions.open(None).await.unwrap();
    a.set_account(9);
    a.set_points(100);
    let a_token = commit(&a).await;
    let b = sessions.open(None).await.unwrap();
    b.set_account(7);
    let b_token = commit(&b).await;
    let b = sessions.open(b_token.as_str()).await.unwrap();
    b.merge_from(&parsed(&a_token)).await.unwrap();
    // It is cut off once `a` was given.
    store.take_calls();
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let cut_off = tokio::spawn(async move { b.commit().await });
    store.reached("update").await;
    store.reached("update").await;
    cut_off.abort();
    assert!(cut_off.await.unwrap_err().is_cancelled());
    assert_eq!(sessions.open(b_token.as_str()).await.unwrap().account(), Some(7));
    // `b` moves to `c`; meanwhile account 9 signs in elsewhere.
    let c = sessions.open(None).await.unwrap();
    c.merge_from(&parsed(&b_token)).await.unwrap();
    store.take_calls();
    store.delay_next("create");
    let moving = tokio::spawn({
        let c = c.clone();
        async move { c.commit().await }
    });
    store.reached("create").await;
    let d = sessions.open(None).await.unwrap();
    assert!(d.login_with(Shopper::by_account(9)).await.unwrap());
    store.release();
    let moved = moving.await.unwrap();
    assert!(moved.is_ok(), "nobody ended anything of account 7");
}

#[tokio::test]
async fn a_sign_in_by_a_clock_that_is_ahead_does_not_move_past_logging_out_everywhere() {
    let store = TestStore::new();
    let behind = Arc::new(ManualClock::new(START));
    let ahead = Arc::new(ManualClock::new(START + 20 * SECOND));
    let node = SessionManager::<Shopper, _>::builder(store.clone()).clock(behind.clone()).build().unwrap();
    let other = SessionManager::<Shopper, _>::builder(store.clone()).clock(ahead.clone()).build().unwrap();
    let phone = other.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    // Ten seconds later everybody is logged out, at the node that is behind.
    behind.advance(10 * SECOND);
    ahead.advance(10 * SECOND);
    store.take_calls();
    store.delay_next("delete_under");
    let everywhere = tokio::spawn(async move { node.revoke_all(Shopper::by_account(7)).await });
    store.reached("delete_under").await;
    let moved = other.open(None).await.unwrap();
    moved.merge_from(&parsed(&phone_token)).await.unwrap();
    commit(&moved).await;
    store.release();
    everywhere.await.unwrap().unwrap();
    assert!(other.find(Shopper::by_account(7)).await.unwrap().is_empty());
}

#[tokio::test]
async fn another_sign_in_that_did_not_come_along_ends_nothing_here() {
    let (sessions, store, _) = on_manual_clock::<Bound>();
    let other = sessions.open(None).await.unwrap();
    other.init_account(8).unwrap();
    other.set_note("theirs");
    other.set_deadline(START + 10 * MINUTE);
    let other_token = commit(&other).await;
    let mine = sessions.open(None).await.unwrap();
    mine.init_account(7).unwrap();
    let token = commit(&mine).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.merge_from(&parsed(&other_token)).await.unwrap();
    assert_eq!(session.account(), Some(7));
    store.take_calls();
    store.fail_next("update", Fault::Late);
    store.delay_next("update");
    let merging = tokio::spawn({
        let session = session.clone();
        async move { session.commit().await }
    });
    store.reached("update").await;
    store.reached("update").await;
    sessions.revoke_all(Bound::by_account(8)).await.unwrap();
    store.release();
    merging.await.unwrap().unwrap();
    assert_eq!(sessions.find(Bound::by_account(7)).await.unwrap().len(), 1, "nobody ended account 7's");
}

#[tokio::test]
async fn a_session_that_was_revoked_on_its_way_is_told_once() {
    let store = TestStore::new();
    let (events, told) = std::sync::mpsc::channel();
    let sessions = SessionManager::<Shopper, _>::builder(store.clone())
        .on_event(move |event: &SessionEvent| events.send(format!("{event:?}")).unwrap())
        .build()
        .unwrap();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    store.take_calls();
    store.delay_next("delete_under");
    let everywhere = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.revoke_all(Shopper::by_account(7)).await }
    });
    store.reached("delete_under").await;
    let other = sessions.open(None).await.unwrap();
    other.merge_from(&parsed(&phone_token)).await.unwrap();
    store.fail_next("delete_at", Fault::Refused);
    other.commit().await.unwrap_err();
    store.release();
    everywhere.await.unwrap().unwrap();
    let _ = other.commit().await;
    let of_phone: Vec<_> = told
        .try_iter()
        .filter(|event| event.starts_with("Destroyed") && event.contains(&phone.id().to_string()))
        .collect();
    assert_eq!(of_phone.len(), 1);
}

/// The logout is committed first, and leaves nothing to be taken over.
#[tokio::test]
async fn a_session_that_logs_out_and_merges_what_it_was_is_left_with_nothing() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_points(100);
    let token = commit(&visitor).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.destroy();
    assert!(session.merge_from(&parsed(&token)).await.unwrap());
    session.commit().await.unwrap();
    assert_eq!((session.points(), store.inner.statistics().sessions), (0, 0));
}
