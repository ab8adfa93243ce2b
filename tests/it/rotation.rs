//! Tokens that are renewed on their own (`renew_every`), and nobody who is logged out by it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use futures_util::future::join_all;
use scs::{Builder, ManualClock, MemoryStore, Outcome, Session, SessionEvent, SessionManager, TypedSession};

use crate::support::{
    Browser, DAY, Fault, HOUR, MINUTE, SECOND, START, TestStore, body_text, commit, get as request, record_token,
    token_in,
};

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u64,
    #[session(merge = "add")]
    hits: u64,
    #[session(flash)]
    notice: Option<String>,
}

type Sessions = SessionManager<Visitor, TestStore>;

const GRACE: Duration = Duration::from_secs(10);

/// Tokens are renewed once an hour, by a clock that the test moves.
struct World {
    sessions: Sessions,
    store: TestStore,
    clock: Arc<ManualClock>,
    reuses: Arc<AtomicUsize>,
}

impl World {
    fn new() -> Self {
        Self::with(|settings| settings)
    }

    fn with(settings: impl FnOnce(Builder<Visitor, TestStore>) -> Builder<Visitor, TestStore>) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let store = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
        let builder = Sessions::builder(store.clone()).clock(clock.clone()).idle_timeout(DAY).renew_every(HOUR);
        let reuses = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reuses);
        let builder = builder.on_event(move |event| {
            if let SessionEvent::TokenReuse { .. } = event {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { sessions: settings(builder).build().unwrap(), store, clock, reuses }
    }

    /// How often a token came back that was replaced, since this was last asked.
    fn take_reuses(&self) -> usize {
        self.reuses.swap(0, Ordering::Relaxed)
    }

    /// A client with a session that was just created.
    async fn visitor(&self) -> String {
        let session = self.sessions.open(None).await.unwrap();
        session.set_visits(1);
        commit(&session).await
    }

    /// A request that only reads: the new token, if it gets one.
    async fn read(&self, token: &str) -> Option<String> {
        let session = self.open(token).await;
        let committed = session.commit().await.unwrap();
        committed.token().map(|token| record_token(&token.expose()))
    }

    async fn open(&self, token: &str) -> TypedSession<Visitor> {
        let session = self.sessions.open(token).await.unwrap();
        assert_eq!(session.outcome(), Outcome::Loaded);
        session
    }

    async fn outcome(&self, token: &str) -> Outcome {
        self.sessions.open(token).await.unwrap().outcome()
    }

    /// A client whose token has just been replaced: the old one and the new one.
    async fn rotated(&self) -> (String, String) {
        let old = self.visitor().await;
        self.clock.advance(HOUR);
        let new = self.read(&old).await.unwrap();
        self.store.take_calls();
        (old, new)
    }
}

#[tokio::test]
async fn the_token_is_renewed_once_its_time_has_come_and_not_before() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR - SECOND);
    assert_eq!(world.read(&old).await, None);
    world.clock.advance(SECOND);
    let new = world.read(&old).await.unwrap();
    assert_ne!(old, new);
    assert_eq!(world.open(&new).await.visits(), 1);
    assert_eq!(world.read(&new).await, None);
}

#[tokio::test]
async fn a_token_that_was_renewed_is_left_alone_for_as_long_again() {
    let world = World::new();
    let (_, new) = world.rotated().await;
    assert_eq!(world.read(&new).await, None);
    world.clock.advance(HOUR - SECOND);
    assert_eq!(world.read(&new).await, None);
    world.clock.advance(SECOND);
    assert!(world.read(&new).await.is_some());
}

#[tokio::test]
async fn after_the_head_nobody_can_be_told_a_new_token_so_none_is_made() {
    let world = World::new();
    let clock = world.clock.clone();
    let stream = async |session: TypedSession<Visitor>| {
        axum::body::Body::from_stream(futures_util::stream::once(async move {
            clock.advance(HOUR);
            let committed = session.commit().await.unwrap();
            Ok::<_, std::convert::Infallible>(if committed.token().is_some() { "renewed" } else { "kept" })
        }))
    };
    let app = Router::new().route("/", get(stream)).layer(world.sessions.layer());
    let cookie = format!("__Host-id={}", world.visitor().await);
    let response = request(&app, "/", &[("cookie", &cookie)]).await;
    world.store.take_calls();
    assert_eq!(body_text(response).await, "kept");
    assert_eq!(world.store.take_calls(), [""; 0]);
}

#[tokio::test]
async fn without_a_period_no_token_is_ever_renewed() {
    let clock = Arc::new(ManualClock::new(START));
    let store = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
    let sessions = Sessions::builder(store).clock(clock.clone()).idle_timeout(DAY).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    clock.advance(DAY - SECOND);
    let session = sessions.open(token.as_str()).await.unwrap();
    assert!(session.commit().await.unwrap().token().is_none());
}

#[tokio::test]
async fn renewing_on_its_own_is_one_write_and_so_is_the_first_use_of_the_new_token() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    world.store.take_calls();
    let new = world.read(&old).await.unwrap();
    assert_eq!(world.store.take_calls(), ["load", "update"]);
    world.read(&new).await;
    assert_eq!(world.store.take_calls(), ["load", "update"]);
    world.read(&new).await;
    assert_eq!(world.store.take_calls(), ["load"]);
}

#[tokio::test]
async fn a_change_and_a_renewal_are_one_write() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    let session = world.open(&old).await;
    session.set_visits(2);
    world.store.take_calls();
    let new = commit(&session).await;
    assert_eq!(world.store.take_calls(), ["update"]);
    assert_eq!(world.open(&new).await.visits(), 2);
}

#[tokio::test]
async fn the_deadline_does_not_move() {
    let world = World::new();
    let (_, new) = world.rotated().await;
    assert_eq!(world.open(&new).await.deadline(), START + DAY);
}

#[tokio::test]
async fn the_old_token_works_until_the_new_one_is_presented_and_ten_seconds_longer() {
    let world = World::new();
    let (old, new) = world.rotated().await;
    assert_eq!(world.outcome(&old).await, Outcome::Loaded);
    world.read(&new).await;
    world.clock.advance(GRACE - SECOND);
    assert_eq!(world.outcome(&old).await, Outcome::Loaded);
    world.clock.advance(SECOND);
    assert_eq!(world.outcome(&old).await, Outcome::Unknown);
    assert_eq!(world.outcome(&new).await, Outcome::Loaded);
}

#[tokio::test]
async fn requests_with_the_old_token_renew_nothing_and_are_told_nothing() {
    let world = World::new();
    let (old, new) = world.rotated().await;
    assert_eq!(world.read(&old).await, None);
    world.read(&new).await;
    assert_eq!(world.read(&old).await, None);
    assert_eq!(world.outcome(&new).await, Outcome::Loaded);
}

#[tokio::test]
async fn a_response_that_gets_lost_logs_nobody_out() {
    let world = World::new();
    let (old, _lost) = world.rotated().await;
    world.clock.advance(HOUR * 3);
    let new = world.read(&old).await.unwrap();
    assert_eq!(world.open(&new).await.visits(), 1);
    world.read(&new).await;
    world.clock.advance(GRACE);
    assert_eq!(world.outcome(&old).await, Outcome::Unknown);
}

/// A slow request with the old token is offered another new one, and its response is lost: the first new one arrived.
#[tokio::test]
async fn a_new_token_that_arrived_works_whatever_else_is_offered_meanwhile() {
    let world = World::new();
    let (old, new) = world.rotated().await;
    world.clock.advance(GRACE + SECOND);
    let slow = world.open(&old).await;
    slow.set_visits(2);
    let lost = commit(&slow).await;
    assert_ne!(new, lost);
    assert_eq!(world.open(&new).await.visits(), 2);
    world.read(&new).await;
    assert_eq!(world.open(&new).await.visits(), 2);
}

#[tokio::test]
async fn a_request_that_came_before_a_token_was_offered_is_offered_no_other_one_however_slow_it_is() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    let slow = world.open(&old).await;
    let new = world.read(&old).await.unwrap();
    world.clock.advance(GRACE * 2);
    slow.set_visits(2);
    assert!(slow.commit().await.unwrap().token().is_none());
    assert_eq!(world.open(&new).await.visits(), 2);
}

#[tokio::test]
async fn three_new_tokens_are_offered_at_most_and_the_old_one_works_on() {
    let world = World::new();
    let (old, first) = world.rotated().await;
    let mut offered = vec![first];
    for _ in 0..5 {
        world.clock.advance(GRACE);
        offered.extend(world.read(&old).await);
    }
    assert_eq!(offered.len(), 3);
    assert_eq!(world.outcome(&old).await, Outcome::Loaded);
    for token in &offered {
        assert_eq!(world.outcome(token).await, Outcome::Loaded, "none was presented in a request that was answered");
    }
}

/// A thief who has copied the old token comes with it after the owner was given the new one.
#[tokio::test]
async fn a_thief_and_an_owner_cannot_both_go_on_unnoticed() {
    for thief_comes_first in [true, false] {
        let world = World::new();
        let (old, owners) = world.rotated().await;
        world.clock.advance(GRACE + SECOND);
        let thiefs = world.read(&old).await.unwrap();
        let (first, second) = if thief_comes_first { (&thiefs, &owners) } else { (&owners, &thiefs) };
        world.read(first).await;
        assert_eq!(world.outcome(second).await, Outcome::Unknown, "the second client");
        assert_eq!(world.take_reuses(), 1);
        assert_eq!(world.outcome(first).await, Outcome::Loaded);
        world.clock.advance(GRACE);
        assert_eq!(world.outcome(&old).await, Outcome::Unknown);
        assert_eq!(world.take_reuses(), 1, "the old one is told apart from any other too");
    }
}

#[tokio::test]
async fn whoever_comes_second_with_a_new_token_ends_the_session_if_it_is_to() {
    let world = World::with(Builder::end_on_token_reuse);
    let (old, owners) = world.rotated().await;
    world.clock.advance(GRACE);
    let thiefs = world.read(&old).await.unwrap();
    world.read(&thiefs).await;
    assert_eq!(world.outcome(&owners).await, Outcome::Unknown);
    assert_eq!(world.outcome(&thiefs).await, Outcome::Unknown);
}

#[tokio::test]
async fn an_old_token_in_its_last_seconds_is_offered_nothing() {
    let world = World::new();
    let (old, new) = world.rotated().await;
    world.read(&new).await;
    world.clock.advance(GRACE - SECOND);
    let session = world.open(&old).await;
    session.remember(true);
    session.set_visits(2);
    assert!(session.commit().await.unwrap().token().is_none());
    world.clock.advance(SECOND);
    assert_eq!(world.outcome(&old).await, Outcome::Unknown);
    assert_eq!(world.outcome(&new).await, Outcome::Loaded);
}

#[tokio::test]
async fn a_second_commit_of_the_request_that_renewed_is_no_use_of_the_new_token() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    let session = world.open(&old).await;
    session.add_hits(1);
    commit(&session).await;
    session.add_hits(1);
    session.commit().await.unwrap();
    world.clock.advance(GRACE * 2);
    assert_eq!(world.outcome(&old).await, Outcome::Loaded, "the response may still get lost");
}

#[tokio::test]
async fn a_new_token_that_nobody_presents_is_replaced_after_the_grace_and_not_before() {
    let world = World::new();
    let (old, _) = world.rotated().await;
    world.clock.advance(GRACE - SECOND);
    assert_eq!(world.read(&old).await, None);
    world.clock.advance(SECOND);
    assert!(world.read(&old).await.is_some());
}

#[tokio::test]
async fn another_renewal_waits_for_the_grace_of_the_last_one() {
    let world = World::with(|settings| settings.renew_every(SECOND));
    let old = world.visitor().await;
    world.clock.advance(SECOND);
    let new = world.read(&old).await.unwrap();
    world.clock.advance(SECOND * 2);
    assert_eq!(world.read(&new).await, None, "this is the first use of the new one");
    world.clock.advance(GRACE - SECOND);
    assert_eq!(world.read(&new).await, None);
    assert_eq!(world.outcome(&old).await, Outcome::Loaded);
    world.clock.advance(SECOND);
    assert!(world.read(&new).await.is_some());
}

#[tokio::test]
async fn a_change_with_the_old_token_meets_the_renewal_and_is_kept() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    let [slow, fast] = [world.open(&old).await, world.open(&old).await];
    slow.add_hits(1);
    let new = commit(&fast).await;
    assert!(slow.commit().await.unwrap().token().is_none(), "there is one new token, and it is out");
    assert_eq!(world.open(&new).await.hits(), 1);
}

#[tokio::test]
async fn a_claim_with_the_old_token_succeeds_too() {
    let world = World::new();
    let old = world.visitor().await;
    let session = world.open(&old).await;
    session.set_notice("once");
    session.commit().await.unwrap();
    world.clock.advance(HOUR);
    let [slow, fast] = [world.open(&old).await, world.open(&old).await];
    commit(&fast).await;
    assert_eq!(slow.claim_notice().await.unwrap().as_deref(), Some("once"));
}

#[tokio::test]
async fn signing_in_signing_out_and_renewing_leave_no_grace() {
    for change in [
        |session: &TypedSession<Visitor>| session.set_account(7),
        |session: &TypedSession<Visitor>| session.sign_out(),
        |session: &TypedSession<Visitor>| session.renew(),
    ] {
        let world = World::new();
        let (old, new) = world.rotated().await;
        let session = world.open(&new).await;
        change(&session);
        let newest = commit(&session).await;
        assert_eq!(world.outcome(&old).await, Outcome::Unknown);
        assert_eq!(world.outcome(&new).await, Outcome::Unknown);
        assert_eq!(world.outcome(&newest).await, Outcome::Loaded);
    }
}

#[tokio::test]
async fn a_logout_with_either_token_ends_the_session_for_both() {
    for logs_out_with_the_old in [true, false] {
        let world = World::new();
        let (old, new) = world.rotated().await;
        let session = world.open(if logs_out_with_the_old { &old } else { &new }).await;
        session.destroy();
        session.commit().await.unwrap();
        assert_eq!(world.outcome(&old).await, Outcome::Unknown);
        assert_eq!(world.outcome(&new).await, Outcome::Unknown);
    }
}

#[tokio::test]
async fn a_renewal_that_fails_fails_no_response_and_the_old_token_works_on() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        let world = World::new();
        let old = world.visitor().await;
        world.clock.advance(HOUR);
        world.store.fail_next("update", fault);
        assert_eq!(world.read(&old).await, None);
        world.clock.advance(GRACE);
        let new = world.read(&old).await.unwrap();
        assert_eq!(world.outcome(&new).await, Outcome::Loaded);
    }
}

#[tokio::test]
async fn a_session_goes_on_after_a_renewal_whose_answer_was_lost() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    world.store.fail_next("update", Fault::AnswerLost);
    let session = world.open(&old).await;
    session.commit().await.unwrap();
    session.add_hits(1);
    session.commit().await.unwrap();
    assert_eq!(world.open(&old).await.hits(), 1);
}

#[tokio::test]
async fn by_default_a_token_that_comes_back_after_its_grace_opens_nothing_and_ends_nothing() {
    let world = World::new();
    let (old, new) = world.rotated().await;
    world.read(&new).await;
    world.clock.advance(GRACE);
    assert_eq!(world.outcome(&old).await, Outcome::Unknown);
    assert_eq!(world.outcome(&new).await, Outcome::Loaded);
}

#[tokio::test]
async fn a_token_that_comes_back_after_its_grace_ends_the_session_if_it_is_to() {
    let world = World::with(Builder::end_on_token_reuse);
    let (old, new) = world.rotated().await;
    world.read(&new).await;
    world.clock.advance(GRACE - SECOND);
    assert_eq!(world.outcome(&old).await, Outcome::Loaded);
    assert_eq!(world.outcome(&new).await, Outcome::Loaded);
    world.clock.advance(SECOND);
    assert_eq!(world.outcome(&old).await, Outcome::Unknown);
    assert_eq!(world.outcome(&new).await, Outcome::Unknown);
    assert_eq!(world.store.inner.statistics().sessions, 0);
}

#[tokio::test]
async fn any_other_wrong_secret_ends_nothing() {
    let world = World::with(Builder::end_on_token_reuse);
    let (old, new) = world.rotated().await;
    let made_up = format!("{}{}", &old[..22], "A".repeat(42));
    assert_eq!(world.outcome(&made_up).await, Outcome::Unknown);
    assert_eq!(world.outcome(&new).await, Outcome::Loaded);
}

#[tokio::test]
async fn no_client_is_told_to_go_back_to_the_token_before() {
    let world = World::new();
    let (old, _) = world.rotated().await;
    let session = world.open(&old).await;
    session.remember(false);
    session.set_visits(2);
    assert!(session.commit().await.unwrap().token().is_none());
}

#[tokio::test]
async fn a_request_that_outlives_the_grace_is_told_no_token_that_works_no_longer() {
    let world = World::new();
    let (old, new) = world.rotated().await;
    let session = world.open(&old).await;
    world.open(&new).await.commit().await.unwrap();
    session.reload().await.unwrap();
    world.clock.advance(GRACE);
    session.remember(true);
    assert!(session.commit().await.unwrap().token().is_none());
    assert_eq!(world.outcome(&new).await, Outcome::Loaded);
}

#[tokio::test]
async fn the_grace_ends_even_if_periodic_renewal_is_switched_off_meanwhile() {
    let world = World::new();
    let (old, new) = world.rotated().await;
    let store = world.store.clone();
    let later = Sessions::builder(store).clock(world.clock.clone()).idle_timeout(DAY).build().unwrap();
    later.open(new.as_str()).await.unwrap().commit().await.unwrap();
    world.clock.advance(GRACE);
    assert_eq!(later.open(old.as_str()).await.unwrap().outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn an_administrators_handle_renews_nothing() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    let id = world.open(&old).await.id();
    let session = world.sessions.get(id).await.unwrap().unwrap();
    session.set_visits(2);
    assert!(session.commit().await.unwrap().token().is_none());
    assert_eq!(world.open(&old).await.visits(), 2);
}

fn app(sessions: &Sessions) -> Router {
    type Visit = TypedSession<Visitor>;
    Router::new()
        .route("/read", get(|session: Visit| async move { session.visits().to_string() }))
        .route("/hit", post(|session: Visit| async move { session.add_hits(1) }))
        .route(
            "/fail",
            get(|session: Visit| async move {
                session.add_hits(1);
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .layer(sessions.layer())
}

/// A browser with this token.
fn browser(token: &str) -> Browser {
    Browser { cookie: Some(format!("__Host-id={token}")) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_tabs_with_a_hundred_requests_each_renew_once_and_nobody_is_logged_out() {
    let world = World::new();
    let app = app(&world.sessions);
    for _ in 0..20 {
        let old = world.visitor().await;
        world.clock.advance(HOUR);
        let requests = (0..200).map(|number| {
            let (app, mut tab) = (app.clone(), browser(&old));
            tokio::spawn(async move {
                let response = match number % 2 {
                    0 => tab.get(&app, "/read").await,
                    _ => tab.post(&app, "/hit").await,
                };
                assert_eq!(response.status(), StatusCode::OK);
                token_in(&response)
            })
        });
        let answers = join_all(requests).await;
        let tokens: Vec<String> = answers.into_iter().filter_map(Result::unwrap).collect();
        let [new] = &tokens[..] else { panic!("{} new tokens", tokens.len()) };
        assert_eq!(world.open(new).await.hits(), 100, "every request went to the one session");
    }
}

#[tokio::test]
async fn the_response_carries_the_new_cookie_and_no_cache_keeps_it() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    let response = browser(&old).get(&app(&world.sessions), "/read").await;
    assert_ne!(token_in(&response).unwrap(), old);
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_handler_that_fails_loses_its_changes_and_no_token() {
    let world = World::new();
    let old = world.visitor().await;
    world.clock.advance(HOUR);
    let mut browser = browser(&old);
    let app = app(&world.sessions);
    assert_eq!(browser.get(&app, "/fail").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let answer = request(&app, "/read", &[("cookie", browser.cookie.as_deref().unwrap())]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(world.open(browser.cookie.unwrap().strip_prefix("__Host-id=").unwrap()).await.hits(), 0);
}

#[test]
fn a_period_of_zero_and_a_grace_beyond_five_minutes_are_refused() {
    let builder = || Sessions::builder(TestStore::new());
    let refused = builder().renew_every(Duration::ZERO).build().unwrap_err().to_string();
    assert!(refused.contains("`renew_every` is zero"), "{refused}");
    let refused = builder().renewal_grace(MINUTE * 5 + SECOND).build().unwrap_err().to_string();
    assert!(refused.contains("longer than 5 minutes"), "{refused}");
    let sessions = builder().renew_every(HOUR).renewal_grace(MINUTE * 5).end_on_token_reuse().build().unwrap();
    let policy = sessions.policy().to_string();
    assert!(policy.contains("periodic renewal: every 1 h, grace 300s"), "{policy}");
    assert!(policy.contains("reused token: ends the session"), "{policy}");
}
