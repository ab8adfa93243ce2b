//! What a commit costs, and what it does when somebody else was faster.

use std::sync::{Arc, Mutex, mpsc};

use axum::{
    Router,
    body::{Body, Bytes},
    response::IntoResponse as _,
    routing::get,
};
use scs::{MemoryStore, Session, SessionError, SessionManager, Status, TypedSession};

use crate::support::{Browser, DAY, Fault, MINUTE, SECOND, TestStore, body_text, commit, on_manual_clock};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
    name: Option<String>,
}

type Sessions = SessionManager<Visitor, TestStore>;

async fn stored() -> (Sessions, TestStore, String) {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    store.take_calls();
    (sessions, store, token)
}

async fn open(sessions: &Sessions, token: &str) -> TypedSession<Visitor> {
    sessions.open(token).await.unwrap()
}

#[tokio::test]
async fn a_new_session_is_one_create() {
    let store = TestStore::new();
    let session = Sessions::new(store.clone()).open(None).await.unwrap();
    session.set_visits(1);
    session.set_name("Ada");
    commit(&session).await;
    assert_eq!(store.take_calls(), ["create"]);
}

#[tokio::test]
async fn reading_is_one_load() {
    let (sessions, store, token) = stored().await;
    let session = open(&sessions, &token).await;
    assert_eq!(session.visits(), 1);
    session.commit().await.unwrap();
    assert_eq!(store.take_calls(), ["load"]);
}

#[tokio::test]
async fn reading_and_changing_is_one_load_and_one_update() {
    let (sessions, store, token) = stored().await;
    let session = open(&sessions, &token).await;
    session.update_visits(|visits| *visits += 1);
    session.set_name("Ada");
    session.commit().await.unwrap();
    assert_eq!(store.take_calls(), ["load", "update"]);
}

#[tokio::test]
async fn setting_an_equal_value_writes_nothing() {
    let (sessions, store, token) = stored().await;
    let session = open(&sessions, &token).await;
    session.set_visits(1);
    session.remove_name();
    session.commit().await.unwrap();
    assert_eq!(session.status(), Status::Unmodified);
    assert_eq!(store.take_calls(), ["load"]);
}

#[tokio::test]
async fn changing_a_value_and_changing_it_back_writes_nothing() {
    let (sessions, store, token) = stored().await;
    let session = open(&sessions, &token).await;
    session.set_visits(2);
    session.update_visits(|visits| *visits -= 1);
    session.commit().await.unwrap();
    assert_eq!(store.take_calls(), ["load"]);
}

#[tokio::test]
async fn a_visitor_who_changes_nothing_stores_nothing() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_name("Ada");
    session.remove_name();
    session.renew();
    session.remember(true);
    session.clear();
    session.destroy();
    assert!(session.commit().await.unwrap().token().is_none());
    assert_eq!(store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn committing_twice_writes_once() {
    let (sessions, store, token) = stored().await;
    let session = open(&sessions, &token).await;
    session.set_visits(2);
    session.commit().await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(store.take_calls(), ["load", "update"]);
}

#[tokio::test]
async fn changes_to_different_fields_all_survive() {
    let (sessions, store, token) = stored().await;
    let one = open(&sessions, &token).await;
    let other = open(&sessions, &token).await;
    one.set_visits(7);
    other.set_name("Ada");
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(store.take_calls(), ["load", "load", "update", "update", "load", "update"]);
    let both = open(&sessions, &token).await;
    assert_eq!((both.visits(), both.name().as_deref()), (7, Some("Ada")));
    assert_eq!(other.visits(), 7, "who was replayed sees what the other one stored");
}

#[tokio::test]
async fn a_logged_out_session_does_not_come_back() {
    let (sessions, store, token) = stored().await;
    let slow = open(&sessions, &token).await;
    slow.set_visits(2);
    let leaving = open(&sessions, &token).await;
    leaving.destroy();
    assert!(leaving.commit().await.unwrap().is_removed());
    assert!(matches!(slow.commit().await, Err(SessionError::Gone)));
    assert!(slow.commit().await.is_ok(), "its changes are dropped, and nothing is left to save");
    assert_eq!(store.inner.statistics().sessions, 0);
    assert!(open(&sessions, &token).await.is_new());
}

#[tokio::test]
async fn an_expired_session_does_not_come_back() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let slow = sessions.open(token.as_str()).await.unwrap();
    slow.set_visits(2);
    clock.advance(30 * MINUTE);
    assert!(matches!(slow.commit().await, Err(SessionError::Gone)));
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
    assert_eq!(store.inner.statistics().sessions, 1, "an expired record is deleted by purging");
}

#[tokio::test]
async fn a_sign_in_that_is_lost_is_an_error_of_its_own() {
    let (sessions, _, token) = stored().await;
    let slow = open(&sessions, &token).await;
    slow.set_account(7);
    let leaving = open(&sessions, &token).await;
    leaving.destroy();
    leaving.commit().await.unwrap();
    assert!(matches!(slow.commit().await, Err(SessionError::SignInLost)));
}

#[derive(Session)]
struct TwoSteps {
    #[session(renews)]
    authenticated: bool,
    user: Option<u64>,
    address: Option<String>,
}

/// The token was planted: an attacker and the browser of the victim have it.
#[tokio::test]
async fn a_sign_in_gets_nothing_of_a_session_that_another_client_has_signed_in_to() {
    let sessions = SessionManager::<TwoSteps, _>::new(MemoryStore::new());
    let planted = sessions.open(None).await.unwrap();
    planted.set_user(666);
    let planted = commit(&planted).await;
    let (attacker, victim) =
        (sessions.open(planted.as_str()).await.unwrap(), sessions.open(planted.as_str()).await.unwrap());
    victim.set_user(7);
    victim.set_authenticated(true);
    victim.set_address("Baker Street");
    commit(&victim).await;
    attacker.set_authenticated(true);
    assert!(matches!(attacker.commit().await, Err(SessionError::SignInLost)));
}

#[tokio::test]
async fn a_token_that_was_replaced_gets_in_again_by_no_sign_in_without_proof() {
    let ends: [fn(&TypedSession<Visitor>); 4] = [
        |session| session.renew(),
        |session| session.set_account(7),
        |session| session.sign_out(),
        |session| session.clear(),
    ];
    for end in ends {
        let (sessions, _, token) = stored().await;
        let owner = open(&sessions, &token).await;
        owner.set_account(7);
        let signed_in = commit(&owner).await;
        let thief = open(&sessions, &signed_in).await;
        let owner = open(&sessions, &signed_in).await;
        end(&owner);
        let now = commit(&owner).await;
        let owner = open(&sessions, &now).await;
        owner.set_account(7);
        owner.set_name("private");
        owner.commit().await.unwrap();
        // It sets what it has read.
        let account = thief.account().unwrap();
        thief.set_account(account);
        assert!(matches!(thief.commit().await, Err(SessionError::SignInLost)));
    }
}

#[tokio::test]
async fn a_sign_in_that_lost_to_another_account_or_to_a_logout_is_lost() {
    for meanwhile in [
        |session: &TypedSession<Visitor>| session.set_account(8),
        |session: &TypedSession<Visitor>| session.renew(),
        |session: &TypedSession<Visitor>| session.sign_out(),
        |session: &TypedSession<Visitor>| session.destroy(),
    ] {
        let (sessions, _, token) = stored().await;
        let (slow, other) = (open(&sessions, &token).await, open(&sessions, &token).await);
        slow.set_account(7);
        meanwhile(&other);
        other.commit().await.unwrap();
        assert!(matches!(slow.commit().await, Err(SessionError::SignInLost)));
    }
}

#[tokio::test]
async fn what_does_not_sign_in_itself_never_joins_a_sign_in() {
    let (sessions, _, token) = stored().await;
    let signing_in = open(&sessions, &token).await;
    let others: [fn(&TypedSession<Visitor>); 4] = [
        |session| session.set_visits(9),
        |session| session.renew(),
        |session| session.remember(true),
        |session| session.sign_out(),
    ];
    let mut slow = Vec::new();
    for change in others {
        let session = open(&sessions, &token).await;
        change(&session);
        slow.push(session);
    }
    signing_in.set_account(7);
    commit(&signing_in).await;
    for session in slow {
        assert!(matches!(session.commit().await, Err(SessionError::Gone | SessionError::SignInLost)));
        assert_eq!(session.account(), None);
    }
}

#[tokio::test]
async fn a_request_from_before_a_sign_in_never_writes_into_the_signed_in_session() {
    let (sessions, _, token) = stored().await;
    let slow = open(&sessions, &token).await;
    slow.set_name("Mallory");
    let signing_in = open(&sessions, &token).await;
    signing_in.set_account(7);
    let new_token = commit(&signing_in).await;
    assert!(matches!(slow.commit().await, Err(SessionError::Gone)));
    let signed_in = open(&sessions, &new_token).await;
    assert_eq!((signed_in.account(), signed_in.name()), (Some(7), None));
}

#[tokio::test]
async fn an_administrators_handle_follows_a_renewed_token() {
    let (sessions, _, token) = stored().await;
    let client = open(&sessions, &token).await;
    let administrator = sessions.get(client.id()).await.unwrap().unwrap();
    administrator.set_name("Ada");
    client.set_account(7);
    let token = commit(&client).await;
    administrator.commit().await.unwrap();
    assert_eq!(open(&sessions, &token).await.name().as_deref(), Some("Ada"));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_never_repeated() {
    let (sessions, store, token) = stored().await;
    let session = open(&sessions, &token).await;
    session.update_visits(|visits| *visits += 1);
    store.fail_next("update", Fault::AnswerLost);
    assert!(matches!(session.commit().await, Err(SessionError::Store(_))));
    assert!(matches!(session.commit().await, Err(SessionError::Uncertain)));
    session.update_visits(|visits| *visits += 1);
    assert!(matches!(session.commit().await, Err(SessionError::Uncertain)));
    assert_eq!(open(&sessions, &token).await.visits(), 2, "it was applied once");

    session.reload().await.unwrap();
    assert_eq!(session.visits(), 2);
    session.update_visits(|visits| *visits += 1);
    session.commit().await.unwrap();
    assert_eq!(open(&sessions, &token).await.visits(), 3);
}

#[tokio::test]
async fn a_write_that_a_panic_of_the_store_ended_is_never_repeated() {
    for store in [TestStore::new(), TestStore::at_once()] {
        let sessions = Sessions::new(store.clone());
        let session = sessions.open(None).await.unwrap();
        session.set_visits(1);
        let token = commit(&session).await;
        session.update_visits(|visits| *visits += 1);
        store.fail_next("update", Fault::Panics);
        let clone = session.clone();
        assert!(tokio::spawn(async move { clone.commit().await.map(drop) }).await.unwrap_err().is_panic());
        assert!(matches!(session.commit().await, Err(SessionError::Uncertain)));
        assert_eq!(open(&sessions, &token).await.visits(), 2, "it was applied once");
    }
}

#[tokio::test]
async fn a_commit_that_is_dropped_midway_is_never_repeated() {
    let (sessions, store, token) = stored().await;
    let session = open(&sessions, &token).await;
    session.update_visits(|visits| *visits += 1);
    store.fail_next("update", Fault::Hangs);
    let dropped = tokio::time::timeout(std::time::Duration::from_millis(1), session.commit()).await;
    assert!(dropped.is_err());
    assert!(matches!(session.commit().await, Err(SessionError::Uncertain)));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_is_given_up_at_the_deadline() {
    let (sessions, store, token) = stored().await;
    store.fail_next("load", Fault::Hangs);
    let started = tokio::time::Instant::now();
    let error = sessions.open(token.as_str()).await.unwrap_err();
    assert!(matches!(error, SessionError::Store(_)));
    assert_eq!(started.elapsed(), SECOND);
}

#[tokio::test]
async fn a_failing_load_writes_nothing() {
    let (sessions, store, token) = stored().await;
    store.fail_next("load", Fault::Refused);
    assert!(sessions.open(token.as_str()).await.is_err());
    assert_eq!(store.take_calls(), ["load"]);
    assert_eq!(open(&sessions, &token).await.visits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_others_change_again_and_again_is_given_up_after_nine_tries() {
    struct Busy(TestStore);

    impl scs::store::Store for Busy {
        async fn create(
            &self,
            id: scs::SessionId,
            entry: &scs::store::Entry,
        ) -> Result<scs::store::Created, scs::store::StoreError> {
            self.0.create(id, entry).await
        }
        async fn load(&self, id: scs::SessionId) -> Result<Option<scs::store::Stored>, scs::store::StoreError> {
            self.0.load(id).await
        }
        async fn update(
            &self,
            id: scs::SessionId,
            _: scs::store::Revision,
            entry: &scs::store::Entry,
        ) -> Result<scs::store::Updated, scs::store::StoreError> {
            self.0.update(id, scs::store::Revision::random(), entry).await
        }
        async fn touch(
            &self,
            id: scs::SessionId,
            expected: scs::store::Revision,
            ttl: std::time::Duration,
        ) -> Result<(), scs::store::StoreError> {
            self.0.touch(id, expected, ttl).await
        }
        async fn delete(&self, id: scs::SessionId) -> Result<bool, scs::store::StoreError> {
            self.0.delete(id).await
        }
    }

    #[derive(Session)]
    struct Counter {
        count: u32,
    }

    let store = TestStore::new();
    let sessions = SessionManager::<Counter, _>::new(Busy(store.clone()));
    let session = sessions.open(None).await.unwrap();
    session.set_count(1);
    let token = commit(&session).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_count(2);
    store.take_calls();
    assert!(matches!(session.commit().await, Err(SessionError::Contended { attempts: 9 })));
    assert_eq!(store.take_calls().iter().filter(|call| **call == "update").count(), 9);
    assert_eq!(session.count(), 2, "the changes are still there");
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_before_the_store_is_asked() {
    let store = TestStore::new();
    let sessions = Sessions::builder(store.clone()).max_record_size(1000).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_name("x".repeat(1000));
    let error = session.commit().await.unwrap_err();
    assert!(matches!(error, SessionError::TooLarge { limit: 1000, .. }), "{error}");
    assert_eq!(store.take_calls(), [""; 0]);
    session.set_name("x");
    commit(&session).await;
}

#[tokio::test]
async fn the_largest_record_that_is_written_is_read_again() {
    const LARGEST: usize = 16 * 1024 * 1024;
    let store = MemoryStore::new();
    let sessions = SessionManager::<Visitor, _>::builder(store.clone()).max_record_size(LARGEST).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_name("x".repeat(LARGEST / 2));
    commit(&session).await;
    let record = scs::store::Store::load(&store, session.id()).await.unwrap().unwrap();
    let beside_the_name = record.payload().len() - LARGEST / 2;

    session.set_name("x".repeat(LARGEST - beside_the_name + 1));
    assert!(matches!(session.commit().await, Err(SessionError::TooLarge { .. })));
    session.set_name("x".repeat(LARGEST - beside_the_name));
    session.commit().await.unwrap();
    assert_eq!(scs::store::Store::load(&store, session.id()).await.unwrap().unwrap().payload().len(), LARGEST);
    session.reload().await.unwrap();
    assert_eq!(session.name().unwrap().len(), LARGEST - beside_the_name);
}

#[tokio::test]
async fn a_token_of_one_schema_is_unknown_to_another_on_the_same_store() {
    #[derive(Session)]
    struct Admin {
        account: Option<u64>,
    }

    let store = MemoryStore::new();
    let visitors = SessionManager::<Visitor, _>::new(store.clone());
    let admins = SessionManager::<Admin, _>::new(store.clone());
    let visitor = visitors.open(None).await.unwrap();
    visitor.set_account(7);
    let token = commit(&visitor).await;

    let admin = admins.open(token.as_str()).await.unwrap();
    assert_eq!((admin.outcome(), admin.account()), (scs::Outcome::Unknown, None));
    assert!(admins.get(visitor.id()).await.unwrap().is_none());
    assert!(!admins.revoke(visitor.id()).await.unwrap());
    assert_eq!(admins.iterate().await.unwrap().len(), 0);
    assert_eq!(visitors.open(token.as_str()).await.unwrap().account(), Some(7));
}

#[tokio::test]
async fn an_idle_session_is_touched_at_most_once_a_minute_and_nothing_is_rewritten() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    store.take_calls();
    for _ in 0..180 {
        clock.advance(SECOND);
        sessions.open(token.as_str()).await.unwrap().commit().await.unwrap();
    }
    let calls = store.take_calls();
    assert_eq!(calls.iter().filter(|call| **call == "touch").count(), 3);
    assert_eq!(calls.iter().filter(|call| **call == "load").count(), 180);
    assert_eq!(calls.len(), 183);
}

#[tokio::test]
async fn a_session_with_a_short_idle_timeout_is_touched_after_a_tenth_of_it() {
    let clock = Arc::new(scs::ManualClock::new(crate::support::START));
    let store = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
    let sessions = SessionManager::<Visitor, _>::builder(store.clone());
    let sessions = sessions.clock(clock.clone()).idle_timeout(50 * SECOND).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    for (passed, calls) in [(4 * SECOND, &["load"][..]), (SECOND, &["load", "touch"])] {
        clock.advance(passed);
        store.take_calls();
        sessions.open(token.as_str()).await.unwrap().commit().await.unwrap();
        assert_eq!(store.take_calls(), calls);
    }
}

#[tokio::test]
async fn a_touch_that_fails_fails_no_commit() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    clock.advance(10 * MINUTE);
    store.fail_next("touch", Fault::Refused);
    sessions.open(token.as_str()).await.unwrap().commit().await.unwrap();
    assert!(store.take_calls().contains(&"touch"));
}

#[tokio::test]
async fn touching_never_outlives_the_absolute_timeout() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    for _ in 0..(DAY.as_secs() / 60 / 20) {
        sessions.open(token.as_str()).await.unwrap().commit().await.unwrap();
        clock.advance(20 * MINUTE);
    }
    assert!(clock_is_at(&*clock, DAY));
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
}

fn clock_is_at(clock: &dyn scs::Clock, after_start: std::time::Duration) -> bool {
    clock.now() == crate::support::START + after_start
}

/// Sessions in a store that answers at once: there a commit of fields, and of nothing else, does not wait.
type AtOnce = SessionManager<Visitor, MemoryStore>;

async fn stored_at_once() -> (AtOnce, MemoryStore, String) {
    let store = MemoryStore::new();
    let sessions = AtOnce::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    (sessions, store, token)
}

#[tokio::test]
async fn changes_in_a_store_that_answers_at_once_all_survive_and_closures_run_again() {
    let (sessions, _, token) = stored_at_once().await;
    let [one, other] = [sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap()];
    one.update_visits(|visits| *visits += 1);
    other.update_visits(|visits| *visits += 10);
    other.set_name("Ada");
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    let both = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((both.visits(), both.name().as_deref()), (12, Some("Ada")));
}

#[tokio::test]
async fn a_session_logged_out_of_a_store_that_answers_at_once_does_not_come_back() {
    let (sessions, store, token) = stored_at_once().await;
    let [slow, leaving] = [sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap()];
    slow.set_visits(2);
    leaving.destroy();
    leaving.commit().await.unwrap();
    assert!(matches!(slow.commit().await, Err(SessionError::Gone)));
    assert_eq!(store.statistics().sessions, 0);
}

#[tokio::test]
async fn an_error_of_a_store_that_answers_at_once_makes_the_session_uncertain() {
    let sessions = AtOnce::new(MemoryStore::with_capacity(0));
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    assert!(matches!(session.commit().await, Err(SessionError::Store(_))));
    assert!(matches!(session.commit().await, Err(SessionError::Uncertain)));
}

#[tokio::test]
async fn a_store_that_answers_at_once_creates_no_session_after_the_head() {
    let store = MemoryStore::new();
    let stream = |session: TypedSession<Visitor>| async move {
        assert_eq!(session.visits(), 0);
        let body = futures_util::stream::once(async move {
            session.set_visits(1);
            let refused = matches!(session.commit().await, Err(SessionError::HeadSent));
            Ok::<_, std::convert::Infallible>(Bytes::from(refused.to_string()))
        });
        Body::from_stream(body).into_response()
    };
    let app = Router::new().route("/", get(stream)).layer(AtOnce::new(store.clone()).layer());
    let response = Browser::default().get(&app, "/").await;
    assert_eq!(body_text(response).await, "true", "its client could never learn the token");
    assert_eq!(store.statistics().sessions, 0);
}

#[tokio::test]
async fn events_of_a_store_that_answers_at_once_are_told_without_the_sessions_lock() {
    let current = Arc::<Mutex<Option<TypedSession<Visitor>>>>::default();
    let (told, reads) = mpsc::channel();
    let listened = current.clone();
    let hook = move |_: &scs::SessionEvent| {
        let session = listened.lock().unwrap().clone().unwrap();
        let (read, visits) = mpsc::channel();
        // On another thread: here a lock that is held would never be free.
        std::thread::spawn(move || read.send(session.visits()));
        told.send(visits.recv_timeout(10 * SECOND)).unwrap();
    };
    let store = MemoryStore::with_capacity(1);
    let sessions = AtOnce::builder(store).on_event(hook).build().unwrap();
    for (visits, is_stored) in [(1, true), (2, false)] {
        let session = sessions.open(None).await.unwrap();
        session.set_visits(visits);
        *current.lock().unwrap() = Some(session.clone());
        assert_eq!(session.commit().await.is_ok(), is_stored);
        assert_eq!(reads.try_recv().unwrap(), Ok(visits), "told while the session can be read");
    }
}
