//! At most so many sessions have one value of an indexed field.

use axum::{Router, http::StatusCode, routing::get};
use futures_util::future::join_all;
use scs::{ManualClock, MemoryStore, Session, SessionError, SessionManager, TypedSession};

use crate::support::{Browser, DAY, Fault, MINUTE, SECOND, START, TestStore, commit, on_manual_clock};

#[derive(Session)]
struct Visitor {
    #[session(index(max = 3), renews)]
    account: Option<u64>,
    visits: u32,
}

#[derive(Session)]
struct Strict {
    #[session(index(max = 2, over = "reject", by = "of_account"), renews)]
    account: Option<u64>,
    visits: u32,
}

async fn sign_in(sessions: &SessionManager<Visitor, TestStore>, account: u64) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_account(account);
    commit(&session).await
}

async fn is_signed_in(sessions: &SessionManager<Visitor, TestStore>, token: &str) -> bool {
    sessions.open(token).await.unwrap().has_account()
}

#[tokio::test]
async fn one_sign_in_too_many_ends_the_oldest() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(sign_in(&sessions, 7).await);
        clock.advance(SECOND);
    }
    let other = sign_in(&sessions, 8).await;
    let mut live = Vec::new();
    for token in &tokens {
        live.push(is_signed_in(&sessions, token).await);
    }
    assert_eq!(live, [false, false, true, true, true]);
    assert!(is_signed_in(&sessions, &other).await, "another account has places of its own");
    assert_eq!(sessions.find(Visitor::by_account(7)).await.unwrap().len(), 3);
}

#[tokio::test]
async fn age_counts_from_the_sign_in_and_not_from_the_first_visit() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_visits(1);
    let anonymous = commit(&visitor).await;
    clock.advance(SECOND);
    let mut tokens = Vec::new();
    for _ in 0..2 {
        tokens.push(sign_in(&sessions, 7).await);
        clock.advance(SECOND);
    }
    let session = sessions.open(anonymous.as_str()).await.unwrap();
    session.set_account(7);
    let youngest = commit(&session).await;
    clock.advance(SECOND);
    sign_in(&sessions, 7).await;
    assert!(!is_signed_in(&sessions, &tokens[0]).await, "the one that was signed in first");
    assert!(is_signed_in(&sessions, &youngest).await, "created first, signed in later");
}

#[tokio::test]
async fn a_session_that_has_its_place_keeps_it() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(sign_in(&sessions, 7).await);
        clock.advance(SECOND);
    }
    store.take_calls();
    for token in &mut tokens {
        let session = sessions.open(token.as_str()).await.unwrap();
        session.update_visits(|visits| *visits += 1);
        session.commit().await.unwrap();
    }
    assert!(!store.take_calls().contains(&"admit"), "whoever changes something else asks for no place");
    let session = sessions.open(tokens[0].as_str()).await.unwrap();
    session.set_account(7);
    tokens[0] = commit(&session).await;
    for token in &tokens {
        assert!(is_signed_in(&sessions, token).await, "nor does whoever signs in again with the same account");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_concurrent_sign_ins_as_many_as_the_limit_are_live_afterwards() {
    let sessions = SessionManager::<Visitor, _>::new(TestStore::new());
    for _ in 0..20 {
        let sign_ins = (0..50).map(|_| {
            let sessions = sessions.clone();
            tokio::spawn(async move { sign_in(&sessions, 7).await })
        });
        let mut live = 0;
        for token in join_all(sign_ins).await {
            live += usize::from(is_signed_in(&sessions, &token.unwrap()).await);
        }
        assert_eq!(live, 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_concurrent_sign_ins_as_many_as_the_limit_are_let_in() {
    let sessions = SessionManager::<Strict, _>::new(MemoryStore::new());
    let sign_ins = (0..50).map(|_| {
        let sessions = sessions.clone();
        tokio::spawn(async move {
            let session = sessions.open(None).await.unwrap();
            session.set_account(7);
            match session.commit().await {
                Ok(_) => true,
                Err(SessionError::LimitReached { field: "account", max: 2 }) => false,
                Err(other) => panic!("{other:?}"),
            }
        })
    });
    let let_in = join_all(sign_ins).await.into_iter().filter(|sign_in| *sign_in.as_ref().unwrap()).count();
    assert_eq!(let_in, 2);
    assert_eq!(sessions.find(Strict::of_account(7)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_refused_sign_in_is_a_409_and_leaves_the_session_as_it_was() {
    let sessions = SessionManager::<Strict, _>::new(MemoryStore::new());
    let login = get(|session: TypedSession<Strict>| async move { session.set_account(7) });
    let logout = get(|session: TypedSession<Strict>| async move { session.destroy() });
    let visit = get(|session: TypedSession<Strict>| async move { session.update_visits(|visits| *visits += 1) });
    let app = Router::new().route("/login", login).route("/logout", logout).route("/", visit).layer(sessions.layer());
    let mut browsers = [Browser::default(), Browser::default(), Browser::default()];
    let [first, second, third] = &mut browsers;
    third.get(&app, "/").await;
    let before = third.cookie.clone();
    assert_eq!(first.get(&app, "/login").await.status(), StatusCode::OK);
    assert_eq!(second.get(&app, "/login").await.status(), StatusCode::OK);
    assert_eq!(third.get(&app, "/login").await.status(), StatusCode::CONFLICT);
    assert_eq!(third.cookie, before, "the visitor stays who it was");
    first.get(&app, "/logout").await;
    assert_eq!(third.get(&app, "/login").await.status(), StatusCode::OK, "a logout leaves its place");
}

#[tokio::test]
async fn sessions_that_have_expired_hold_no_place() {
    let (sessions, _, clock) = on_manual_clock::<Strict>();
    for _ in 0..2 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        commit(&session).await;
    }
    clock.advance(31 * MINUTE);
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.commit().await.unwrap();
}

#[tokio::test]
async fn sessions_that_have_expired_hold_no_place_where_the_stores_clock_is_late() {
    let clock = std::sync::Arc::new(ManualClock::new(START));
    let sessions = SessionManager::<Strict, _>::builder(TestStore::new()).clock(clock.clone()).build().unwrap();
    for _ in 0..2 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        commit(&session).await;
    }
    clock.advance(DAY);
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.commit().await.unwrap();
}

#[tokio::test]
async fn sign_ins_that_failed_hold_no_place() {
    let (sessions, store, _) = on_manual_clock::<Strict>();
    for _ in 0..5 {
        store.fail_next("create", Fault::Refused);
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        assert!(session.commit().await.is_err());
    }
    for _ in 0..2 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        session.commit().await.unwrap();
    }
}

#[derive(Session)]
struct Single {
    #[session(index(max = 1), renews)]
    account: Option<u64>,
}

/// A double click: the first request is cut off after it was given its place.
#[tokio::test(start_paused = true)]
async fn a_sign_in_that_was_cut_off_locks_nobody_out() {
    let (sessions, store, _) = on_manual_clock::<Single>();
    let first = sessions.open(None).await.unwrap();
    first.set_account(7);
    store.delay_next("create");
    let cut_off = tokio::spawn(async move { first.commit().await });
    store.reached("create").await;
    cut_off.abort();
    assert!(cut_off.await.unwrap_err().is_cancelled());
    let second = sessions.open(None).await.unwrap();
    second.set_account(7);
    commit(&second).await;
    assert_eq!(sessions.find(Single::by_account(7)).await.unwrap().len(), 1);
}

/// The write comes long after its admission, by which time another session was let in.
#[tokio::test(start_paused = true)]
async fn a_write_that_comes_late_makes_no_second_session() {
    let store = TestStore::new();
    let (node, other) =
        (SessionManager::<Single, _>::new(store.clone()), SessionManager::<Single, _>::new(store.clone()));
    for is_stored in [false, true] {
        let late = node.open(None).await.unwrap();
        if is_stored {
            late.renew();
            late.set_account(9);
            commit(&late).await;
        }
        late.set_account(7);
        let call = if is_stored { "update" } else { "create" };
        store.delay_next(call);
        let commit_late = tokio::spawn({
            let late = late.clone();
            async move { late.commit().await }
        });
        store.reached(call).await;
        let session = other.open(None).await.unwrap();
        session.set_account(7);
        commit(&session).await;
        store.release();
        commit_late.await.unwrap().unwrap();
        let live = other.find(Single::by_account(7)).await.unwrap();
        assert_eq!(live.iter().map(TypedSession::id).collect::<Vec<_>>(), [late.id()], "the one that signed in last");
        assert_eq!(other.revoke_all(Single::by_account(7)).await.unwrap(), 1);
    }
}

#[derive(Session)]
#[session(name = "Renamed")]
struct Before {
    #[session(index(max = 1), renews)]
    user: Option<u64>,
}

#[derive(Session)]
#[session(name = "Renamed")]
struct After {
    #[session(index(max = 1), renews, alias = "user")]
    account: Option<u64>,
}

#[tokio::test]
async fn sessions_under_every_name_of_a_field_count() {
    let store = TestStore::new();
    let (before, after) =
        (SessionManager::<Before, _>::new(store.clone()), SessionManager::<After, _>::new(store.clone()));
    for new_first in [true, false] {
        for is_new in [new_first, !new_first] {
            match is_new {
                true => {
                    let session = after.open(None).await.unwrap();
                    session.set_account(7);
                    commit(&session).await;
                }
                false => {
                    let session = before.open(None).await.unwrap();
                    session.set_user(7);
                    commit(&session).await;
                }
            }
        }
        assert_eq!(store.inner.statistics().sessions, 1, "new first: {new_first}");
        assert_eq!(before.revoke_all(Before::by_user(7)).await.unwrap(), 1, "of each account, and by either binary");
    }
    let session = before.open(None).await.unwrap();
    session.set_user(7);
    commit(&session).await;
    assert_eq!(after.revoke_all(After::by_account(7)).await.unwrap(), 1);
}

/// The process died before it wrote the session that takes over: what was given to that one is not a session any more.
#[tokio::test(start_paused = true)]
async fn a_session_that_was_given_away_holds_no_place() {
    let (sessions, store, _) = on_manual_clock::<Strict>();
    let phone = sessions.open(None).await.unwrap();
    phone.set_account(7);
    commit(&phone).await;
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Strict::of_account(7)).await.unwrap();
    store.take_calls();
    store.delay_next("create");
    let commit = tokio::spawn(async move { laptop.commit().await });
    store.reached("create").await;
    commit.abort();
    assert!(commit.await.unwrap_err().is_cancelled());
    for _ in 0..2 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(7);
        session.commit().await.unwrap();
    }
    let third = sessions.open(None).await.unwrap();
    third.set_account(7);
    assert!(matches!(third.commit().await, Err(SessionError::LimitReached { .. })));
}
