//! Renewing, ending, remembering, and what limits a session's life.

use std::time::Duration;

use scs::{ManualClock, MemoryStore, Outcome, Session, SessionError, SessionManager, Status, Token, TypedSession};

use crate::support::{DAY, Fault, HOUR, MINUTE, SECOND, START, TestStore, commit, on_manual_clock};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    cart: Vec<String>,
    #[session(flash)]
    notice: Option<String>,
}

type Sessions = SessionManager<Visitor, TestStore>;

async fn with_cart(sessions: &Sessions) -> String {
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    commit(&session).await
}

fn sessions() -> Sessions {
    Sessions::new(TestStore::new())
}

#[tokio::test]
async fn signing_in_renews_the_token_and_keeps_the_data() {
    let sessions = sessions();
    let anonymous = with_cart(&sessions).await;
    let session = sessions.open(anonymous.as_str()).await.unwrap();
    let id = session.id();
    session.set_account(7);
    assert_eq!(session.status(), Status::Renewed);
    let token = commit(&session).await;

    assert_ne!(anonymous, token);
    assert_eq!(sessions.open(anonymous.as_str()).await.unwrap().outcome(), Outcome::Unknown);
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.id(), session.account(), session.cart()), (id, Some(7), vec!["tea".into()]));
}

#[tokio::test]
async fn signing_in_again_as_the_same_account_renews_too() {
    let sessions = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    let first = commit(&session).await;
    let session = sessions.open(first.as_str()).await.unwrap();
    session.set_account(7);
    let second = commit(&session).await;
    assert_ne!(first, second);
    assert!(sessions.open(first.as_str()).await.unwrap().is_new());
}

#[tokio::test]
async fn renewing_changes_the_token_and_nothing_else() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let old = with_cart(&sessions).await;
    clock.advance(HOUR / 4);
    let session = sessions.open(old.as_str()).await.unwrap();
    session.renew();
    store.take_calls();
    let new = commit(&session).await;
    assert_eq!(store.take_calls(), ["update"], "renewing is one compare-and-set");
    assert!(sessions.open(old.as_str()).await.unwrap().is_new());
    let session = sessions.open(new.as_str()).await.unwrap();
    assert_eq!((session.cart().len(), session.deadline()), (1, START + DAY), "the deadline stays");
}

#[tokio::test]
async fn of_two_concurrent_renewals_one_wins_and_exactly_one_token_works() {
    let sessions = sessions();
    let old = with_cart(&sessions).await;
    let one = sessions.open(old.as_str()).await.unwrap();
    let other = sessions.open(old.as_str()).await.unwrap();
    one.renew();
    other.renew();
    let token = commit(&one).await;
    assert!(other.commit().await.is_err());
    assert_eq!(sessions.open(token.as_str()).await.unwrap().outcome(), Outcome::Loaded);
    assert_eq!(sessions.iterate().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_set_after_destroy_belongs_to_a_new_session() {
    let sessions = sessions();
    let old = with_cart(&sessions).await;
    let session = sessions.open(old.as_str()).await.unwrap();
    let old_id = session.id();
    session.destroy();
    assert_eq!((session.status(), session.cart().len()), (Status::Destroyed, 0));
    session.set_account(7);
    let new = commit(&session).await;
    assert_ne!(session.id(), old_id);
    assert!(sessions.open(old.as_str()).await.unwrap().is_new());
    let session = sessions.open(new.as_str()).await.unwrap();
    assert_eq!((session.account(), session.cart().len()), (Some(7), 0));
}

#[tokio::test]
async fn signing_out_drops_the_account_renews_the_token_and_keeps_the_cart() {
    let sessions = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.set_cart(vec!["tea".into()]);
    let signed_in = commit(&session).await;
    let session = sessions.open(signed_in.as_str()).await.unwrap();
    session.sign_out();
    let signed_out = commit(&session).await;
    assert!(sessions.open(signed_in.as_str()).await.unwrap().is_new());
    let session = sessions.open(signed_out.as_str()).await.unwrap();
    assert_eq!((session.account(), session.cart().len()), (None, 1));
    assert!(sessions.find(Visitor::by_account(7)).await.unwrap().is_empty());
}

#[tokio::test]
async fn clearing_drops_the_data_and_keeps_the_token() {
    let sessions = sessions();
    let token = with_cart(&sessions).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_notice("pending");
    session.clear();
    assert!(session.commit().await.unwrap().token().is_none());
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.outcome(), session.cart().len(), session.peek_notice()), (Outcome::Loaded, 0, None));
}

#[tokio::test]
async fn clearing_drops_what_another_request_stored_meanwhile_too() {
    let sessions = sessions();
    let token = with_cart(&sessions).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    let other = sessions.open(token.as_str()).await.unwrap();
    other.set_notice("pending");
    other.commit().await.unwrap();
    session.clear();
    session.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().peek_notice(), None);
}

#[tokio::test]
async fn an_idle_session_ends_after_half_an_hour() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let token = with_cart(&sessions).await;
    clock.advance(30 * MINUTE - SECOND);
    assert_eq!(sessions.open(token.as_str()).await.unwrap().cart().len(), 1);
    clock.advance(SECOND);
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
}

#[tokio::test]
async fn every_request_keeps_an_idle_session_alive() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let token = with_cart(&sessions).await;
    for _ in 0..10 {
        clock.advance(25 * MINUTE);
        let session = sessions.open(token.as_str()).await.unwrap();
        assert!(!session.is_new());
        session.commit().await.unwrap();
        assert_eq!(session.last_seen(), clock_now(&*clock));
    }
}

#[tokio::test]
async fn only_signing_in_restarts_the_absolute_timeout() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    let token = commit(&session).await;
    clock.advance(20 * MINUTE);
    let session = sessions.open(token.as_str()).await.unwrap();
    session.renew();
    session.remember(true);
    session.clear();
    session.set_deadline(START + 30 * DAY);
    session.set_cart(vec!["jam".into()]);
    let token = commit(&session).await;
    assert_eq!(session.deadline(), START + DAY);

    let session = sessions.open(token.as_str()).await.unwrap();
    session.remember(false);
    session.set_account(7);
    commit(&session).await;
    assert_eq!(session.deadline(), START + 20 * MINUTE + DAY);
}

#[tokio::test]
async fn a_remembered_sign_in_lives_for_thirty_days_and_fourteen_idle() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.remember(true);
    let token = commit(&session).await;
    assert_eq!((session.deadline(), session.expires_in()), (START + 30 * DAY, 14 * DAY));
    clock.advance(14 * DAY - SECOND);
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(session.account(), Some(7));

    session.remember(false);
    session.commit().await.unwrap();
    assert!(sessions.open(token.as_str()).await.unwrap().is_new(), "a day is over since the sign-in");
}

#[tokio::test]
async fn who_signs_in_is_remembered_only_if_this_sign_in_asks_for_it() {
    let (sessions, _, _) = on_manual_clock::<Visitor>();
    let stranger = sessions.open(None).await.unwrap();
    stranger.set_cart(vec!["tea".into()]);
    stranger.remember(true);
    let token = commit(&stranger).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_account(7);
    commit(&session).await;
    assert_eq!((session.deadline(), session.expires_in()), (START + DAY, 30 * MINUTE));
}

#[tokio::test]
async fn a_session_that_is_remembered_no_longer_ends_a_day_after_its_sign_in() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.remember(true);
    let token = commit(&session).await;
    clock.advance(HOUR);
    let session = sessions.open(token.as_str()).await.unwrap();
    session.remember(false);
    session.commit().await.unwrap();
    assert_eq!((session.deadline(), session.expires_in()), (START + DAY, HOUR / 2));
}

#[tokio::test]
async fn a_deadline_can_be_brought_forward_and_not_put_off() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let token = with_cart(&sessions).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_deadline(START + MINUTE);
    session.set_deadline(START + HOUR);
    session.commit().await.unwrap();
    assert_eq!((session.deadline(), session.expires_in()), (START + MINUTE, MINUTE));
    clock.advance(MINUTE);
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
}

#[tokio::test]
async fn an_expired_record_that_a_store_still_hands_out_is_not_a_session() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let token = with_cart(&sessions).await;
    let id = Token::parse(token.as_bytes()).unwrap().id();
    // The record's own deadline counts, whatever the store thinks of its time to live.
    let revision = scs::store::Store::load(&store, id).await.unwrap().unwrap().revision();
    scs::store::Store::touch(&store, id, revision, 400 * DAY).await.unwrap();
    clock.advance(DAY);
    assert_eq!(sessions.open(token.as_str()).await.unwrap().outcome(), Outcome::Expired);
}

#[tokio::test]
async fn what_expires_while_it_is_open_gives_nothing_away_and_gets_no_token() {
    let clock = std::sync::Arc::new(ManualClock::new(START));
    // The store's clock is late.
    let sessions = Sessions::builder(TestStore::new()).clock(clock.clone()).renew_every(HOUR).build().unwrap();
    let with_notice = async || {
        let session = sessions.open(None).await.unwrap();
        session.set_notice("for today");
        let token = commit(&session).await;
        sessions.open(token.as_str()).await.unwrap()
    };
    let (reading, claiming) = (with_notice().await, with_notice().await);
    clock.advance(DAY);
    assert!(reading.commit().await.unwrap().token().is_none());
    assert_eq!(claiming.claim_notice().await.unwrap(), None);
}

#[tokio::test]
async fn merging_takes_the_other_sessions_values_and_ends_it() {
    let (sessions, store, clock) = on_manual_clock::<Visitor>();
    let mine = with_cart(&sessions).await;
    clock.advance(MINUTE);
    let other = sessions.open(None).await.unwrap();
    other.set_cart(vec!["jam".into()]);
    other.set_account(7);
    let theirs = commit(&other).await;

    let session = sessions.open(mine.as_str()).await.unwrap();
    let token = Token::parse(theirs.as_bytes()).unwrap();
    assert!(session.merge_from(&token).await.unwrap());
    let merged = commit(&session).await;
    assert_eq!((session.cart(), session.account()), (vec!["jam".into()], Some(7)));
    assert!(sessions.open(theirs.as_str()).await.unwrap().is_new());
    assert!(sessions.open(mine.as_str()).await.unwrap().is_new(), "the account came along, so the token changed");
    assert_eq!(sessions.open(merged.as_str()).await.unwrap().account(), Some(7));
    assert_eq!(store.inner.statistics().sessions, 1);
}

#[tokio::test]
async fn merging_an_unknown_session_or_itself_changes_nothing() {
    let sessions = sessions();
    let token = with_cart(&sessions).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    let itself = Token::parse(token.as_bytes()).unwrap();
    assert!(!session.merge_from(&itself).await.unwrap());
    let unknown = Token::parse("A".repeat(64).as_bytes()).unwrap();
    assert!(!session.merge_from(&unknown).await.unwrap());
    assert_eq!(session.status(), Status::Unmodified);
}

#[tokio::test]
async fn reloading_shows_what_others_stored_and_drops_what_was_not_committed() {
    let sessions = sessions();
    let token = with_cart(&sessions).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    let other = sessions.open(token.as_str()).await.unwrap();
    other.set_cart(vec!["jam".into()]);
    other.commit().await.unwrap();
    session.set_notice("never");
    session.reload().await.unwrap();
    assert_eq!((session.cart(), session.peek_notice()), (vec!["jam".to_owned()], None));

    other.destroy();
    other.commit().await.unwrap();
    assert!(matches!(session.reload().await, Err(SessionError::Gone)));
}

#[tokio::test]
async fn a_merged_session_that_could_not_be_deleted_is_deleted_by_the_next_commit() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let other = sessions.open(None).await.unwrap();
    other.set_account(7);
    let theirs = Token::parse(commit(&other).await.as_bytes()).unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    commit(&session).await;
    assert!(session.merge_from(&theirs).await.unwrap());
    store.fail_next("delete_at", Fault::Refused);
    session.commit().await.unwrap_err();
    session.commit().await.unwrap();
    assert_eq!(store.inner.statistics().sessions, 1);
    assert!(sessions.get(other.id()).await.unwrap().is_none());
    assert_eq!(session.account(), Some(7));
}

#[tokio::test]
async fn merging_an_empty_session_ends_it_too() {
    let sessions = sessions();
    let other = sessions.open(None).await.unwrap();
    other.set_cart(vec!["tea".into()]);
    let theirs = Token::parse(commit(&other).await.as_bytes()).unwrap();
    other.clear();
    other.commit().await.unwrap();
    let session = sessions.open(None).await.unwrap();
    assert!(session.merge_from(&theirs).await.unwrap());
    session.commit().await.unwrap();
    assert!(sessions.get(other.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn destroying_works_after_a_write_whose_outcome_nobody_knows() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let token = with_cart(&sessions).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_cart(vec![]);
    store.fail_next("update", Fault::Refused);
    session.commit().await.unwrap_err();
    session.destroy();
    session.commit().await.unwrap();
    assert_eq!(store.inner.statistics().sessions, 0);
    session.set_cart(vec!["jam".into()]);
    commit(&session).await;
}

#[tokio::test]
async fn a_slow_request_whose_own_deadline_has_passed_does_not_end_a_session_that_signed_in_since() {
    let (_, store, clock) = on_manual_clock::<Visitor>();
    let sessions = Sessions::builder(store).clock(clock.clone()).idle_timeout(HOUR).absolute_timeout(HOUR);
    let sessions = sessions.build().unwrap();
    let token = with_cart(&sessions).await;
    clock.advance(HOUR - SECOND);
    let slow = sessions.open(token.as_str()).await.unwrap();
    let signing_in = sessions.open(token.as_str()).await.unwrap();
    signing_in.set_account(7);
    let token = commit(&signing_in).await;
    clock.advance(2 * SECOND);
    slow.set_cart(vec![]);
    slow.commit().await.unwrap_err();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().account(), Some(7));
}

#[tokio::test]
async fn a_handle_from_before_a_sign_in_goes_on_when_the_deadline_that_it_knows_has_passed() {
    let (_, store, clock) = on_manual_clock::<Visitor>();
    let sessions = Sessions::builder(store).clock(clock.clone()).idle_timeout(HOUR).absolute_timeout(HOUR);
    let sessions = sessions.build().unwrap();
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_notice("welcome");
    commit(&visitor).await;
    let administrator = sessions.get(visitor.id()).await.unwrap().unwrap();
    let another = sessions.get(visitor.id()).await.unwrap().unwrap();
    clock.advance(HOUR - SECOND);
    visitor.set_account(7);
    let token = commit(&visitor).await;
    clock.advance(2 * SECOND);
    administrator.set_cart(vec!["tea".into()]);
    administrator.commit().await.unwrap();
    assert_eq!(another.claim_notice().await.unwrap(), Some("welcome".into()));
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.account(), session.cart()), (Some(7), vec!["tea".into()]));
}

#[tokio::test]
async fn a_session_that_was_opened_long_ago_lives_from_when_it_is_stored() {
    let (sessions, _, clock) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    clock.advance(25 * HOUR);
    session.set_cart(vec!["tea".into()]);
    let token = commit(&session).await;
    clock.advance(SECOND);
    assert!(!sessions.open(token.as_str()).await.unwrap().is_new());
}

#[tokio::test]
async fn removing_the_account_renews_the_token_even_if_everything_is_cleared_next() {
    let sessions = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    let token = commit(&session).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.remove_account();
    session.clear();
    commit(&session).await;
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
}

#[tokio::test]
async fn a_token_is_handed_out_once() {
    let sessions = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    commit(&session).await;
    session.set_cart(vec!["jam".into()]);
    assert!(session.commit().await.unwrap().token().is_none());
}

#[tokio::test]
async fn a_session_destroyed_while_a_clone_commits_stays_destroyed() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    let clone = session.clone();
    session.commit().await.unwrap();
    clone.destroy();
    clone.commit().await.unwrap();
    assert_eq!(store.inner.statistics().sessions, 0);
    assert_eq!(session.cart().len(), 0);
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_refused_with_advice() {
    type Builder = scs::Builder<Visitor, MemoryStore>;
    let refused = |settings: fn(Builder) -> Builder| {
        let builder = SessionManager::<Visitor, _>::builder(MemoryStore::new());
        settings(builder).build().unwrap_err().to_string()
    };
    assert!(refused(|builder| builder.idle_timeout(2 * DAY)).contains("longer than the absolute timeout"));
    assert!(refused(|builder| builder.idle_timeout(Duration::ZERO)).contains("idle timeout"));
    assert!(refused(|builder| builder.remembered_timeouts(DAY, 401 * DAY)).contains("400 days"));
    assert!(refused(|builder| builder.max_record_size(10)).contains("256 bytes"));
    assert!(refused(|builder| builder.max_record_size(16 * 1024 * 1024 + 1)).contains("16 MiB"));
    assert!(refused(|builder| builder.store_timeout(Duration::ZERO)).contains("store timeout"));
    let largest = SessionManager::<Visitor, _>::builder(MemoryStore::new()).max_record_size(16 * 1024 * 1024);
    largest.build().unwrap();
}

#[tokio::test]
async fn durations_of_any_size_saturate_instead_of_panicking() {
    let longest = Duration::MAX;
    let sessions = Sessions::builder(TestStore::new()).absolute_timeout(longest).idle_timeout(longest).build().unwrap();
    let token = with_cart(&sessions).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(session.cart().len(), 1);
    session.set_account(1);
    commit(&session).await;
}

#[tokio::test]
async fn the_policy_prints_itself() {
    let expected = "idle timeout: 30 min\nabsolute timeout: 1 d\nremembered idle timeout: 14 d\n\
                    remembered absolute timeout: 30 d\nlargest record: 65536 bytes\nstore timeout: 1s\n\
                    periodic renewal: never\nreused token: is reported";
    assert_eq!(sessions().policy().to_string(), expected);
}

#[test]
fn a_manager_tells_each_of_its_settings() {
    let builder = SessionManager::<Visitor, _>::builder(TestStore::new());
    let builder = builder.idle_timeout(MINUTE).absolute_timeout(HOUR).remembered_timeouts(2 * HOUR, 3 * DAY);
    let builder = builder.max_record_size(1000).store_timeout(5 * SECOND);
    let sessions = builder.renew_every(2 * MINUTE).renewal_grace(7 * SECOND).end_on_token_reuse().build().unwrap();
    let policy = sessions.policy();
    assert_eq!((policy.idle_timeout(), policy.absolute_timeout()), (MINUTE, HOUR));
    assert_eq!((policy.remembered_idle_timeout(), policy.remembered_absolute_timeout()), (2 * HOUR, 3 * DAY));
    assert_eq!((policy.max_record_size(), policy.store_timeout()), (1000, 5 * SECOND));
    assert_eq!((policy.renewal_period(), policy.renewal_grace()), (Some(2 * MINUTE), 7 * SECOND));
    assert!(policy.ends_on_token_reuse());
    let usual = SessionManager::<Visitor, _>::new(TestStore::new());
    assert_eq!((usual.policy().renewal_period(), usual.policy().ends_on_token_reuse()), (None, false));
}

fn clock_now(clock: &dyn scs::Clock) -> scs::Timestamp {
    clock.now()
}

#[tokio::test]
async fn a_deadline_that_has_passed_ends_the_session_and_creates_none() {
    let (sessions, store, _) = on_manual_clock::<Visitor>();
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".to_owned()]);
    session.remember(true);
    session.set_deadline(START);
    let committed = session.commit().await.unwrap();
    assert!(committed.token().is_none() && session.is_new());
    assert_eq!(store.take_calls(), [""; 0]);

    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".to_owned()]);
    let token = commit(&session).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_deadline(START - HOUR);
    assert!(session.commit().await.unwrap().is_removed());
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
}

/// A stored session with something in its cart and a notice, and its token.
async fn with_notice() -> (Sessions, TestStore, TypedSession<Visitor>, String) {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_cart(vec!["tea".into()]);
    session.set_notice("Welcome!");
    let token = commit(&session).await;
    (sessions, store, session, token)
}

/// Destroys a session while a store call of it is under way, and goes on with the next session.
async fn destroyed_during<T>(
    work: impl Future<Output = T>,
    call: &str,
    (store, session): (&TestStore, &TypedSession<Visitor>),
    meanwhile: impl Future<Output = ()>,
) -> T {
    let (done, ()) = tokio::join!(work, async {
        store.reached(call).await;
        session.destroy();
        session.set_notice("Good bye!");
        meanwhile.await;
        store.release();
    });
    done
}

/// The next session has what was set in it and nothing else, and the former one is over.
async fn check_next(sessions: &Sessions, store: &TestStore, session: &TypedSession<Visitor>, former: &str) {
    let token = commit(session).await;
    let next = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((next.peek_notice().as_deref(), next.cart().len()), (Some("Good bye!"), 0));
    assert!(sessions.open(former).await.unwrap().is_new());
    assert_eq!(store.inner.statistics().sessions, 1);
}

#[tokio::test]
async fn what_is_set_after_destroying_is_kept_although_an_older_commit_meets_a_logout() {
    let (sessions, store, session, former) = with_notice().await;
    let (id, clone) = (session.id(), session.clone());
    session.set_cart(vec![]);
    store.delay_next("update");
    let logout = async { assert!(sessions.revoke(id).await.unwrap()) };
    let older = destroyed_during(clone.commit(), "update", (&store, &session), logout).await;
    assert!(matches!(older, Err(SessionError::Gone)));
    check_next(&sessions, &store, &session, &former).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_set_after_destroying_is_kept_although_an_older_commit_fails() {
    let (sessions, store, session, former) = with_notice().await;
    let clone = session.clone();
    session.set_cart(vec![]);
    store.fail_next("update", Fault::Hangs);
    let older = destroyed_during(clone.commit(), "update", (&store, &session), async {}).await;
    assert!(matches!(older, Err(SessionError::Store(_))));
    check_next(&sessions, &store, &session, &former).await;
}

#[tokio::test]
async fn a_commit_under_way_brings_nothing_into_the_session_after_a_destroyed_one() {
    let (sessions, store, session, former) = with_notice().await;
    let clone = session.clone();
    session.set_cart(vec!["jam".into(), "tea".into()]);
    store.delay_answer("update");
    destroyed_during(clone.commit(), "update", (&store, &session), async {}).await.unwrap();
    check_next(&sessions, &store, &session, &former).await;
}

#[tokio::test]
async fn a_claim_under_way_brings_nothing_into_the_session_after_a_destroyed_one() {
    for is_logged_out in [false, true] {
        let (sessions, store, session, former) = with_notice().await;
        let (id, clone) = (session.id(), session.clone());
        store.delay_next("update");
        let logout = async {
            if is_logged_out {
                sessions.revoke(id).await.unwrap();
            }
        };
        let claimed = destroyed_during(clone.claim_notice(), "update", (&store, &session), logout).await.unwrap();
        assert_eq!(claimed.as_deref(), if is_logged_out { None } else { Some("Welcome!") });
        check_next(&sessions, &store, &session, &former).await;
    }
}

#[tokio::test]
async fn a_reload_under_way_brings_nothing_into_the_session_after_a_destroyed_one() {
    let (sessions, store, session, former) = with_notice().await;
    let clone = session.clone();
    store.delay_answer("load");
    let reloaded = destroyed_during(clone.reload(), "load", (&store, &session), async {}).await;
    assert!(matches!(reloaded, Err(SessionError::Gone)));
    check_next(&sessions, &store, &session, &former).await;
}

#[tokio::test]
async fn clearing_a_session_that_somebody_is_signed_in_to_renews_the_token() {
    let sessions = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    let old = commit(&session).await;
    let session = sessions.open(old.as_str()).await.unwrap();
    session.clear();
    let new = commit(&session).await;
    assert_eq!(sessions.open(old.as_str()).await.unwrap().outcome(), Outcome::Unknown);
    assert_eq!(sessions.open(new.as_str()).await.unwrap().account(), None);
}

#[derive(Session)]
struct Flagged {
    #[session(renews)]
    is_admin: bool,
    visits: u32,
}

#[tokio::test]
async fn setting_a_field_to_what_means_nobody_renews_the_token_and_starts_no_new_lifetime() {
    let (sessions, _, clock) = on_manual_clock::<Flagged>();
    let session = sessions.open(None).await.unwrap();
    session.set_is_admin(true);
    let mut token = commit(&session).await;
    let mut began = START;
    for updates in [false, true] {
        clock.advance(MINUTE);
        let session = sessions.open(token.as_str()).await.unwrap();
        if updates {
            began = began + 2 * MINUTE;
            session.set_is_admin(true);
            token = commit(&session).await;
        }
        let session = sessions.open(token.as_str()).await.unwrap();
        match updates {
            true => session.update_is_admin(|is_admin| *is_admin = false),
            false => session.set_is_admin(false),
        }
        session.set_visits(1);
        let new = commit(&session).await;
        assert_ne!(new, token);
        assert_eq!((session.is_admin(), session.deadline()), (false, began + DAY));
        token = new;
    }
}

#[tokio::test]
async fn a_handle_of_an_account_writes_nothing_into_a_session_that_has_signed_in_to_another() {
    let sessions = sessions();
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    commit(&session).await;
    let found = sessions.find(Visitor::by_account(7)).await.unwrap();
    session.set_account(8);
    let token = commit(&session).await;
    found[0].set_cart(vec!["of account 7".into()]);
    assert!(matches!(found[0].commit().await, Err(SessionError::Gone)));
    assert!(sessions.open(token.as_str()).await.unwrap().cart().is_empty());
}

#[tokio::test]
async fn a_visitor_who_never_comes_back_leaves_a_session_for_a_shorter_time() {
    let clock = std::sync::Arc::new(ManualClock::new(START));
    let store = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
    let builder = Sessions::builder(store.clone()).clock(clock.clone()).first_visit_timeout(5 * MINUTE);
    let sessions = builder.build().unwrap();
    let (crawler, person) = (with_cart(&sessions).await, with_cart(&sessions).await);
    let signed_in = sessions.open(None).await.unwrap();
    signed_in.set_account(7);
    let signed_in = commit(&signed_in).await;
    clock.advance(4 * MINUTE);
    let session = sessions.open(person.as_str()).await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(session.expires_in(), 30 * MINUTE);
    clock.advance(MINUTE);
    assert!(sessions.open(crawler.as_str()).await.unwrap().is_new());
    clock.advance(20 * MINUTE);
    for token in [person, signed_in] {
        assert_eq!(sessions.open(token.as_str()).await.unwrap().outcome(), Outcome::Loaded);
    }
    for timeout in [Duration::ZERO, 31 * MINUTE] {
        let builder = Sessions::builder(TestStore::new()).first_visit_timeout(timeout);
        assert!(builder.build().is_err(), "{timeout:?}");
    }
}
