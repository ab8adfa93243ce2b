//! Places under a limit while sessions move, expire or lapse.

use std::sync::Arc;

use scs::{ManualClock, Session, SessionError, SessionManager};

use super::parsed;
use crate::support::{HOUR, MINUTE, SECOND, START, TestStore, commit, on_manual_clock};

#[derive(Session)]
struct Single {
    #[session(index(max = 1), renews)]
    account: Option<u64>,
    points: u64,
}

#[derive(Session)]
struct SingleStrict {
    #[session(index(max = 1, over = "reject"), renews)]
    account: Option<u64>,
    points: u64,
}

#[derive(Session)]
struct Three {
    #[session(index(max = 3), renews)]
    account: Option<u64>,
    points: u64,
}

#[derive(Session)]
struct Seated {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index(max = 1), ttl = "10m")]
    seat: Option<u32>,
}

#[derive(Session)]
struct SeatedStrict {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index(max = 1, over = "reject"), ttl = "10m")]
    seat: Option<u32>,
}

#[tokio::test]
async fn of_two_sign_ins_that_would_take_over_one_session_the_older_ends_for_its_place() {
    let (sessions, _, clock) = on_manual_clock::<Single>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    commit(&phone).await;
    clock.advance(SECOND);
    let (first, second) = (sessions.open(None).await.unwrap(), sessions.open(None).await.unwrap());
    first.login_with(Single::by_account(7)).await.unwrap();
    second.login_with(Single::by_account(7)).await.unwrap();
    let one = commit(&first).await;
    let two = commit(&second).await;
    let live = [&one, &two];
    let mut count = 0;
    for token in live {
        count += usize::from(sessions.open(token.as_str()).await.unwrap().account() == Some(7));
    }
    assert_eq!(count, 1, "index(max = 1)");
}

#[tokio::test]
async fn or_the_second_is_refused() {
    let (sessions, _, clock) = on_manual_clock::<SingleStrict>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    commit(&phone).await;
    clock.advance(SECOND);
    let (first, second) = (sessions.open(None).await.unwrap(), sessions.open(None).await.unwrap());
    first.login_with(SingleStrict::by_account(7)).await.unwrap();
    second.login_with(SingleStrict::by_account(7)).await.unwrap();
    commit(&first).await;
    assert!(matches!(second.commit().await, Err(SessionError::LimitReached { .. })));
    assert_eq!(sessions.find(SingleStrict::by_account(7)).await.unwrap().len(), 1, "index(max = 1)");
}

#[tokio::test]
async fn a_sign_in_whose_source_was_evicted_makes_room_for_itself() {
    let (sessions, _, clock) = on_manual_clock::<Single>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    commit(&phone).await;
    clock.advance(SECOND);
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Single::by_account(7)).await.unwrap();
    let tablet = sessions.open(None).await.unwrap();
    tablet.set_account(7);
    commit(&tablet).await;
    commit(&laptop).await;
    assert_eq!(sessions.find(Single::by_account(7)).await.unwrap().len(), 1, "index(max = 1)");
}

#[tokio::test]
async fn a_session_that_has_idled_out_goes_before_one_that_is_used() {
    let (sessions, _, clock) = on_manual_clock::<Three>();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        tokens.push(commit(&session).await);
        clock.advance(SECOND);
    }
    // The last one is forgotten for an hour, the others are used.
    for _ in 0..6 {
        clock.advance(10 * MINUTE);
        for token in &tokens[..2] {
            let session = sessions.open(token.as_str()).await.unwrap();
            session.commit().await.unwrap();
        }
    }
    assert!(sessions.open(tokens[2].as_str()).await.unwrap().is_new(), "idle for an hour");
    assert_eq!(sessions.find(Three::by_account(7)).await.unwrap().len(), 2);
    // `find` above forgets it; so the same once more without looking.
    let session = sessions.open(None).await.unwrap();
    session.set_account(8);
    let mut tokens = vec![commit(&session).await];
    for _ in 0..2 {
        clock.advance(SECOND);
        let session = sessions.open(None).await.unwrap();
        session.set_account(8);
        tokens.push(commit(&session).await);
    }
    for _ in 0..6 {
        clock.advance(10 * MINUTE);
        for token in &tokens[..2] {
            let session = sessions.open(token.as_str()).await.unwrap();
            session.commit().await.unwrap();
        }
    }
    let session = sessions.open(None).await.unwrap();
    session.set_account(8);
    tokens.push(commit(&session).await);
    let mut live = Vec::new();
    for token in &tokens {
        live.push(sessions.open(token.as_str()).await.unwrap().has_account());
    }
    assert_eq!(live, [true, true, false, true], "two were live, three may be");
}

#[tokio::test(start_paused = true)]
async fn so_does_one_that_was_given_to_a_session_that_never_came() {
    let (sessions, store, clock) = on_manual_clock::<Three>();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        tokens.push(commit(&session).await);
        clock.advance(SECOND);
    }
    let laptop = sessions.open(None).await.unwrap();
    assert!(laptop.merge_from(&parsed(&tokens[2])).await.unwrap());
    store.take_calls();
    store.delay_next("create");
    let commit_it = tokio::spawn(async move { laptop.commit().await });
    store.reached("create").await;
    commit_it.abort();
    let _ = commit_it.await;
    // The last one has ended: two are live.
    assert_eq!(sessions.find(Three::by_account(7)).await.unwrap().len(), 2);
    clock.advance(SECOND);
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    tokens.push(commit(&session).await);
    let mut live = Vec::new();
    for token in &tokens {
        live.push(sessions.open(token.as_str()).await.unwrap().has_account());
    }
    assert_eq!(live, [true, true, false, true], "two were live, three may be");
}

#[tokio::test]
async fn and_one_that_is_over_by_this_clock_alone() {
    let clock = Arc::new(ManualClock::new(START));
    // The store's clock stands still.
    let sessions = SessionManager::<Three, _>::builder(TestStore::new()).clock(clock.clone()).build().unwrap();
    let mut tokens = Vec::new();
    for hours in [0, 23, 1] {
        clock.advance(hours * HOUR);
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        tokens.push(commit(&session).await);
    }
    // Now the first one is 24 hours old.
    clock.advance(MINUTE);
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    tokens.push(commit(&session).await);
    let mut live = Vec::new();
    for token in &tokens {
        live.push(sessions.open(token.as_str()).await.unwrap().has_account());
    }
    assert_eq!(live, [false, true, true, true], "two were live, three may be");
}

#[tokio::test]
async fn a_sign_in_that_is_refused_ends_no_session_that_is_moving() {
    let store = TestStore::new();
    let (node, other) =
        (SessionManager::<SingleStrict, _>::new(store.clone()), SessionManager::<SingleStrict, _>::new(store.clone()));
    let phone = node.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    let laptop = node.open(None).await.unwrap();
    laptop.merge_from(&parsed(&phone_token)).await.unwrap();
    store.take_calls();
    // Written, but its answer is late.
    store.delay_answer("create");
    let moving = tokio::spawn({
        let laptop = laptop.clone();
        async move { laptop.commit().await }
    });
    store.reached("create").await;
    let third = other.open(None).await.unwrap();
    third.set_account(7);
    let refused = third.commit().await;
    store.release();
    let moved = moving.await.unwrap();
    assert!(moved.is_ok() && refused.is_err(), "one more is refused and ends nobody");
}

#[tokio::test]
async fn one_of_two_nodes_signs_in_where_a_session_is_moving() {
    let store = TestStore::new();
    let (node, other) =
        (SessionManager::<SingleStrict, _>::new(store.clone()), SessionManager::<SingleStrict, _>::new(store.clone()));
    let phone = node.open(None).await.unwrap();
    phone.set_account(7);
    let phone_token = commit(&phone).await;
    let laptop = node.open(None).await.unwrap();
    laptop.merge_from(&parsed(&phone_token)).await.unwrap();
    store.take_calls();
    store.delay_next("create");
    let moving = tokio::spawn({
        let laptop = laptop.clone();
        async move { laptop.commit().await }
    });
    store.reached("create").await;
    let third = other.open(None).await.unwrap();
    third.set_account(7);
    let refused = tokio::spawn(async move { third.commit().await });
    store.reached("delete_under").await;
    tokio::task::yield_now().await;
    store.release();
    let moved = moving.await.unwrap();
    let refused = refused.await.unwrap();
    assert_eq!(node.find(SingleStrict::by_account(7)).await.unwrap().len(), 1, "one is signed in");
    assert!(moved.is_ok() || refused.is_ok());
}

#[tokio::test]
async fn a_session_whose_value_is_over_goes_on_when_another_takes_the_value() {
    let (sessions, _, clock) = on_manual_clock::<Seated>();
    let one = sessions.open(None).await.unwrap();
    one.set_account(7);
    one.set_seat(3);
    let token = commit(&one).await;
    clock.advance(11 * MINUTE);
    assert_eq!(sessions.open(token.as_str()).await.unwrap().seat(), None);
    let two = sessions.open(None).await.unwrap();
    two.set_seat(3);
    commit(&two).await;
    assert_eq!(sessions.open(token.as_str()).await.unwrap().account(), Some(7), "it had not the seat any more");
}

#[tokio::test]
async fn a_value_that_is_over_locks_nobody_out() {
    let (sessions, _, clock) = on_manual_clock::<SeatedStrict>();
    let one = sessions.open(None).await.unwrap();
    one.set_account(7);
    one.set_seat(3);
    let token = commit(&one).await;
    clock.advance(11 * MINUTE);
    assert_eq!(sessions.open(token.as_str()).await.unwrap().seat(), None);
    let two = sessions.open(None).await.unwrap();
    two.set_seat(3);
    let result = two.commit().await.map(|_| ());
    assert!(result.is_ok(), "nobody has the seat: {result:?}");
}

#[tokio::test]
async fn revoking_a_value_spares_sessions_whose_value_is_over() {
    let (sessions, _, clock) = on_manual_clock::<Seated>();
    let one = sessions.open(None).await.unwrap();
    one.set_account(7);
    one.set_seat(3);
    let token = commit(&one).await;
    clock.advance(11 * MINUTE);
    assert_eq!(sessions.open(token.as_str()).await.unwrap().account(), Some(7), "it had not the seat any more");
}
