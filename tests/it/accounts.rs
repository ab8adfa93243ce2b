//! The other sessions of whoever is signed in: taking over what they have, ending them, listing them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use scs::{ManualClock, Outcome, Session, SessionError, SessionId, SessionManager, Timestamp, Token, TypedSession};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::support::{Fault, HOUR, MINUTE, SECOND, TestStore, commit, on_manual_clock};

#[derive(Session)]
struct Shopper {
    #[session(index, renews)]
    account: Option<u64>,
    /// What a stranger looked at is nobody's business after signing in.
    #[session(on_login = "drop")]
    looked_at: Vec<String>,
    #[session(merge = "union")]
    wishes: BTreeSet<String>,
    #[session(merge = "add")]
    points: u64,
    #[session(merge = sum)]
    cart: BTreeMap<String, u32>,
    language: Option<String>,
    #[session(rename = "agent")]
    label: Option<String>,
    #[session(default = Heavy)]
    heavy: Heavy,
}

impl Shopper {
    fn points_of(session: &TypedSession<Self>) -> u64 {
        session.points()
    }
}

/// Of both carts everything.
#[expect(clippy::needless_pass_by_value, reason = "`merge` hands over what it was given")]
fn sum(
    base: BTreeMap<String, u32>,
    ours: BTreeMap<String, u32>,
    mut theirs: BTreeMap<String, u32>,
) -> BTreeMap<String, u32> {
    for (product, count) in ours {
        let before = base.get(&product).copied().unwrap_or_default();
        *theirs.entry(product).or_default() += count - before;
    }
    theirs
}

/// A value that tells how often it was decoded.
#[derive(Clone, Copy, Serialize)]
struct Heavy;

static DECODED: AtomicUsize = AtomicUsize::new(0);

impl<'de> Deserialize<'de> for Heavy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

type Sessions = SessionManager<Shopper, TestStore>;

fn sessions() -> Sessions {
    Sessions::new(TestStore::new())
}

fn carts<const N: usize>(products: [(&str, u32); N]) -> BTreeMap<String, u32> {
    products.into_iter().map(|(product, count)| (product.to_owned(), count)).collect()
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(ToOwned::to_owned).collect()
}

/// A session that is signed in to an account, and its token.
async fn signed_in(sessions: &Sessions, account: u64) -> (TypedSession<Shopper>, String) {
    let session = sessions.open(None).await.unwrap();
    session.set_account(account);
    let token = commit(&session).await;
    (session, token)
}

async fn outcome(sessions: &Sessions, token: &str) -> Outcome {
    sessions.open(token).await.unwrap().outcome()
}

#[tokio::test]
async fn signing_in_takes_over_what_the_accounts_session_has() {
    let sessions = sessions();
    let (phone, phone_token) = signed_in(&sessions, 7).await;
    phone.set_cart(carts([("tea", 1), ("cocoa", 2)]));
    phone.set_wishes(names(["kettle"]));
    phone.add_points(10);
    phone.set_language("eo");
    phone.commit().await.unwrap();

    let laptop = sessions.open(None).await.unwrap();
    laptop.set_cart(carts([("tea", 2)]));
    laptop.set_wishes(names(["cup"]));
    laptop.add_points(5);
    laptop.set_language("en");
    let anonymous = commit(&laptop).await;
    assert!(laptop.login_with(Shopper::by_account(7)).await.unwrap());
    let token = commit(&laptop).await;

    let laptop = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(laptop.account(), Some(7));
    assert_eq!(laptop.cart(), carts([("tea", 3), ("cocoa", 2)]));
    assert_eq!(laptop.wishes(), names(["cup", "kettle"]));
    assert_eq!(laptop.points(), 15);
    assert_eq!(laptop.language().as_deref(), Some("eo"), "without a `merge` the account's value wins");
    assert_eq!(outcome(&sessions, &anonymous).await, Outcome::Unknown, "signing in renews the token");
    assert_eq!(outcome(&sessions, &phone_token).await, Outcome::Unknown, "the other session ended");
}

#[tokio::test]
async fn what_signing_in_drops_is_dropped_of_ours_and_stays_with_the_other_device() {
    let sessions = sessions();
    let (phone, _) = signed_in(&sessions, 7).await;
    phone.set_looked_at(vec!["tea".to_owned()]);
    phone.commit().await.unwrap();
    let laptop = sessions.open(None).await.unwrap();
    laptop.set_looked_at(vec!["cocoa".to_owned()]);
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    assert!(laptop.looked_at().is_empty());

    let stranger = sessions.open(None).await.unwrap();
    stranger.set_looked_at(vec!["cocoa".to_owned()]);
    assert!(!stranger.login_with(Shopper::by_account(8)).await.unwrap(), "nobody else is signed in to it");
    assert_eq!((stranger.account(), stranger.looked_at().len()), (Some(8), 0));
}

#[tokio::test]
async fn the_account_s_latest_session_is_taken_over_and_the_others_go_on() {
    let (sessions, _, clock) = on_manual_clock::<Shopper>();
    let mut tokens = Vec::new();
    for language in ["eo", "la"] {
        let (session, token) = signed_in(&sessions, 7).await;
        session.set_language(language);
        session.commit().await.unwrap();
        tokens.push(token);
        clock.advance(MINUTE);
    }
    // The older one is used last.
    sessions.open(tokens[0].as_str()).await.unwrap().commit().await.unwrap();
    clock.advance(MINUTE);
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    commit(&laptop).await;
    assert_eq!(laptop.language().as_deref(), Some("eo"));
    assert_eq!(outcome(&sessions, &tokens[0]).await, Outcome::Unknown);
    assert_eq!(outcome(&sessions, &tokens[1]).await, Outcome::Loaded);
}

#[tokio::test]
async fn a_sign_in_that_is_not_committed_ends_nothing() {
    let sessions = sessions();
    let (_, phone) = signed_in(&sessions, 7).await;
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    laptop.destroy();
    laptop.commit().await.unwrap();
    assert_eq!(outcome(&sessions, &phone).await, Outcome::Loaded);
}

#[tokio::test]
async fn what_is_taken_over_is_combined_with_what_other_requests_store_meanwhile() {
    let sessions = sessions();
    let (phone, _) = signed_in(&sessions, 7).await;
    phone.set_cart(carts([("tea", 1)]));
    phone.commit().await.unwrap();

    let laptop = sessions.open(None).await.unwrap();
    laptop.set_cart(carts([("tea", 1)]));
    let token = commit(&laptop).await;
    let other_tab = sessions.open(token.as_str()).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    other_tab.update_cart(|cart| *cart.entry("cocoa".to_owned()).or_default() += 1);
    other_tab.commit().await.unwrap();
    commit(&laptop).await;
    assert_eq!(laptop.cart(), carts([("tea", 2), ("cocoa", 1)]));
}

#[tokio::test]
async fn signing_in_while_the_store_is_down_signs_nobody_in() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let laptop = sessions.open(None).await.unwrap();
    store.fail_next("find", Fault::Refused);
    laptop.login_with(Shopper::by_account(7)).await.unwrap_err();
    assert_eq!(laptop.account(), None);
}

#[tokio::test]
async fn of_five_devices_four_are_signed_out_and_the_one_that_asked_has_a_new_token() {
    let sessions = sessions();
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(signed_in(&sessions, 7).await.1);
    }
    let (_, stranger) = signed_in(&sessions, 8).await;
    let current = sessions.open(tokens[2].as_str()).await.unwrap();
    assert_eq!(current.revoke_others().await.unwrap(), 4);
    for other in [0, 1, 3, 4] {
        assert_eq!(outcome(&sessions, &tokens[other]).await, Outcome::Unknown, "at once");
    }
    let new = commit(&current).await;
    assert_eq!(outcome(&sessions, &tokens[2]).await, Outcome::Unknown);
    assert_eq!(outcome(&sessions, &new).await, Outcome::Loaded);
    assert_eq!(outcome(&sessions, &stranger).await, Outcome::Loaded);
}

#[tokio::test]
async fn whoever_signs_in_may_end_the_accounts_other_sessions_in_the_same_request() {
    let sessions = sessions();
    let (_, phone) = signed_in(&sessions, 7).await;
    let laptop = sessions.open(None).await.unwrap();
    laptop.set_account(7);
    assert_eq!(laptop.revoke_others().await.unwrap(), 1);
    assert_eq!(outcome(&sessions, &phone).await, Outcome::Unknown);
    assert_eq!(laptop.account(), Some(7));
}

#[tokio::test]
async fn a_visitor_who_is_not_signed_in_ends_nothing() {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    signed_in(&sessions, 7).await;
    let visitor = sessions.open(None).await.unwrap();
    store.take_calls();
    assert_eq!(visitor.revoke_others().await.unwrap(), 0);
    assert!(visitor.commit().await.unwrap().token().is_none());
    assert_eq!(store.take_calls(), [""; 0]);
}

/// What a page with one's devices shows.
fn devices(list: &[TypedSession<Shopper>]) -> Vec<(SessionId, Timestamp, Timestamp, Option<String>)> {
    list.iter().map(|device| (device.id(), device.created_at(), device.last_seen(), device.label())).collect()
}

#[tokio::test]
async fn a_list_of_devices_says_since_when_until_when_and_which() {
    let (sessions, _, clock): (Sessions, _, Arc<ManualClock>) = on_manual_clock();
    let began = sessions.open(None).await.unwrap().created_at();
    let (phone, token) = signed_in(&sessions, 7).await;
    phone.set_label("phone");
    phone.commit().await.unwrap();
    clock.advance(SECOND);
    let (laptop, _) = signed_in(&sessions, 7).await;
    clock.advance(MINUTE * 10);
    sessions.open(token.as_str()).await.unwrap().commit().await.unwrap();

    let list = sessions.find(Shopper::by_account(7)).await.unwrap();
    let mut listed = devices(&list);
    listed.sort_unstable_by_key(|device| device.1);
    let (later, used) = (began + SECOND, began + SECOND + MINUTE * 10);
    assert_eq!(listed, [(phone.id(), began, used, Some("phone".to_owned())), (laptop.id(), later, later, None)]);
}

#[tokio::test]
async fn listing_devices_decodes_nothing_but_what_is_shown() {
    let sessions = sessions();
    let (session, _) = signed_in(&sessions, 7).await;
    session.set_heavy(Heavy);
    session.set_label("phone");
    session.commit().await.unwrap();
    let before = DECODED.load(Ordering::Relaxed);
    let list = sessions.find(Shopper::by_account(7)).await.unwrap();
    assert_eq!(devices(&list).len(), 1);
    assert_eq!(DECODED.load(Ordering::Relaxed), before);
    assert!(matches!(list[0].heavy(), Heavy));
    assert_eq!(DECODED.load(Ordering::Relaxed), before + 1);
}

#[tokio::test]
async fn what_a_list_shows_opens_no_session() {
    let sessions = sessions();
    let (session, token) = signed_in(&sessions, 7).await;
    let listed = sessions.find(Shopper::by_account(7)).await.unwrap().remove(0);
    let id = listed.id();
    for forged in
        [id.to_string(), id.to_string().repeat(2)[..64].to_owned(), format!("{}{}", &token[..22], "A".repeat(42))]
    {
        assert!(sessions.open(forged.as_str()).await.unwrap().is_new());
    }
    assert!(listed.commit().await.unwrap().token().is_none());
    assert_eq!(Token::parse(token.as_bytes()).unwrap().id(), session.id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_signs_in_while_everybody_is_signed_out_ends_dead_or_counts_as_later() {
    for round in 0..200 {
        let sessions = sessions();
        let (_, before) = signed_in(&sessions, 7).await;
        let racing = tokio::spawn({
            let sessions = sessions.clone();
            async move { signed_in(&sessions, 7).await }
        });
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        sessions.revoke_all(Shopper::by_account(7)).await.unwrap();
        let (racer, token) = racing.await.unwrap();
        assert_eq!(outcome(&sessions, &before).await, Outcome::Unknown);
        let listed = sessions.find(Shopper::by_account(7)).await.unwrap();
        match outcome(&sessions, &token).await {
            Outcome::Loaded => assert_eq!(listed.first().map(TypedSession::id), Some(racer.id())),
            _ => assert!(listed.is_empty()),
        }
    }
}

#[tokio::test]
async fn a_sign_in_that_moves_to_another_session_while_everybody_is_signed_out_ends_too() {
    let (sessions, store, clock) = on_manual_clock::<Shopper>();
    let (_, phone) = signed_in(&sessions, 7).await;
    clock.advance(SECOND);
    store.delay_next("delete_under");
    let everywhere = tokio::spawn({
        let sessions = sessions.clone();
        async move { sessions.revoke_all(Shopper::by_account(7)).await }
    });
    store.reached("delete_under").await;
    let other = sessions.open(None).await.unwrap();
    assert!(other.merge_from(&Token::parse(phone.as_bytes()).unwrap()).await.unwrap());
    let moved = commit(&other).await;
    clock.advance(SECOND);
    let (_, later) = signed_in(&sessions, 7).await;
    store.release();
    assert_eq!(everywhere.await.unwrap().unwrap(), 1);
    for ended in [phone, moved] {
        assert_eq!(outcome(&sessions, &ended).await, Outcome::Unknown);
    }
    assert_eq!(outcome(&sessions, &later).await, Outcome::Loaded, "who signs in later is spared");
}

#[tokio::test]
async fn a_sign_in_that_is_ended_while_it_moves_to_another_session_is_lost() {
    let (sessions, store, _) = on_manual_clock::<Shopper>();
    let (_, phone) = signed_in(&sessions, 7).await;
    let other = sessions.open(None).await.unwrap();
    other.merge_from(&Token::parse(phone.as_bytes()).unwrap()).await.unwrap();
    store.take_calls();
    store.delay_next("create");
    let moving = tokio::spawn(async move {
        let committed = other.commit().await;
        (committed, other)
    });
    store.reached("create").await;
    assert_eq!(sessions.revoke_all(Shopper::by_account(7)).await.unwrap(), 1);
    store.release();
    let (committed, other) = moving.await.unwrap();
    assert!(matches!(committed, Err(SessionError::SignInLost)));
    assert_eq!(other.account(), None);
    assert_eq!(store.inner.statistics().sessions, 0);
}

#[tokio::test]
async fn an_hour_of_idling_is_seen_in_the_list() {
    let (sessions, _, clock) = on_manual_clock::<Shopper>();
    let (session, _) = signed_in(&sessions, 7).await;
    clock.advance(HOUR / 4);
    assert_eq!(sessions.find(Shopper::by_account(7)).await.unwrap()[0].last_seen(), session.created_at());
}

/// Two requests sign in to an account at once that has an older session with points in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_sign_ins_at_once_one_takes_over_the_points() {
    for _ in 0..50 {
        let sessions = sessions();
        let (phone, _) = signed_in(&sessions, 7).await;
        phone.set_points(100);
        phone.commit().await.unwrap();
        let sign_ins = (0..2).map(|_| {
            let sessions = sessions.clone();
            tokio::spawn(async move {
                let session = sessions.open(None).await.unwrap();
                session.login_with(Shopper::by_account(7)).await.unwrap();
                session.commit().await.unwrap();
            })
        });
        for sign_in in futures_util::future::join_all(sign_ins).await {
            sign_in.unwrap();
        }
        let mut points = 0;
        for session in sessions.find(Shopper::by_account(7)).await.unwrap() {
            points += session.points();
        }
        assert_eq!(points, 100, "neither doubled nor lost");
    }
}

#[tokio::test]
async fn what_the_other_session_has_is_taken_as_it_is_when_this_one_is_saved() {
    let sessions = sessions();
    let (phone, _) = signed_in(&sessions, 7).await;
    phone.set_points(100);
    phone.commit().await.unwrap();
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    phone.add_points(11);
    phone.set_language("fi");
    phone.commit().await.unwrap();
    laptop.commit().await.unwrap();
    assert_eq!((laptop.points(), laptop.language()), (111, Some("fi".into())));
    assert_eq!(sessions.find(Shopper::by_account(7)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_done_after_signing_in_is_done_on_what_was_taken_over() {
    let sessions = sessions();
    let (phone, _) = signed_in(&sessions, 7).await;
    phone.set_points(100);
    phone.commit().await.unwrap();
    let laptop = sessions.open(None).await.unwrap();
    laptop.login_with(Shopper::by_account(7)).await.unwrap();
    laptop.add_points(1);
    laptop.set_language("sv");
    phone.add_points(10);
    phone.set_language("fi");
    phone.commit().await.unwrap();
    laptop.commit().await.unwrap();
    assert_eq!((laptop.points(), laptop.language()), (111, Some("sv".into())));
}

#[tokio::test]
async fn a_session_that_has_ended_feeds_no_other_one() {
    let sessions = sessions();
    let (phone, token) = signed_in(&sessions, 7).await;
    phone.set_language("fi");
    phone.commit().await.unwrap();
    let visitor = sessions.open(None).await.unwrap();
    visitor.set_label("laptop");
    commit(&visitor).await;
    assert!(visitor.merge_from(&Token::parse(token.as_bytes()).unwrap()).await.unwrap());
    sessions.revoke_all(Shopper::by_account(7)).await.unwrap();
    let error = visitor.commit().await.unwrap_err();
    assert!(matches!(error, SessionError::SignInLost), "{error}");
    let stored = sessions.get(visitor.id()).await.unwrap().unwrap();
    assert_eq!((stored.account(), stored.language()), (None, None));
}

#[tokio::test]
async fn a_sign_in_goes_on_without_what_another_session_has_taken_meanwhile() {
    let sessions = sessions();
    let (phone, _) = signed_in(&sessions, 7).await;
    phone.set_points(100);
    phone.commit().await.unwrap();
    let (first, second) = (sessions.open(None).await.unwrap(), sessions.open(None).await.unwrap());
    first.login_with(Shopper::by_account(7)).await.unwrap();
    second.login_with(Shopper::by_account(7)).await.unwrap();
    first.commit().await.unwrap();
    second.commit().await.unwrap();
    assert_eq!((first.points(), second.points(), second.account()), (100, 0, Some(7)));
}

/// The process dies, or its store does, between any two of the calls.
#[tokio::test]
async fn what_a_sign_in_had_taken_and_did_not_write_is_found_by_the_next_one() {
    for (call, fault, is_written) in
        [("create", Fault::Refused, false), ("create", Fault::AnswerLost, true), ("delete_at", Fault::Refused, true)]
    {
        let (sessions, store, _) = on_manual_clock::<Shopper>();
        let phone = sessions.open(None).await.unwrap();
        phone.set_account(7);
        phone.set_points(100);
        commit(&phone).await;
        let laptop = sessions.open(None).await.unwrap();
        laptop.login_with(Shopper::by_account(7)).await.unwrap();
        store.fail_next(call, fault);
        laptop.commit().await.unwrap_err();
        let found = sessions.find(Shopper::by_account(7)).await.unwrap();
        let points: Vec<_> = found.iter().map(Shopper::points_of).collect();
        assert_eq!(points, if is_written { vec![100] } else { vec![] }, "{call}: given, and not had twice");

        let next = sessions.open(None).await.unwrap();
        assert!(next.login_with(Shopper::by_account(7)).await.unwrap(), "{call}");
        next.commit().await.unwrap();
        assert_eq!(next.points(), 100, "{call}");
        assert_eq!(sessions.find(Shopper::by_account(7)).await.unwrap().len(), 1, "{call}");
    }
}

/// A commit that had been stopped goes on after another sign-in has taken what it was about to write.
#[tokio::test]
async fn a_commit_that_was_stopped_halfway_brings_nothing_that_another_sign_in_has_taken() {
    for had_a_session in [false, true] {
        let (sessions, store, _) = on_manual_clock::<Shopper>();
        let phone = sessions.open(None).await.unwrap();
        phone.set_account(7);
        phone.set_points(100);
        commit(&phone).await;
        let slow = sessions.open(None).await.unwrap();
        if had_a_session {
            slow.set_label("slow");
            commit(&slow).await;
        }
        slow.login_with(Shopper::by_account(7)).await.unwrap();
        // The write after the one that takes.
        if had_a_session {
            store.fail_next("update", Fault::Late);
            store.delay_next("update");
        } else {
            store.delay_next("create");
        }
        store.take_calls();
        let commit = tokio::spawn({
            let slow = slow.clone();
            async move { slow.commit().await }
        });
        store.reached(if had_a_session { "update" } else { "create" }).await;
        if had_a_session {
            store.reached("update").await;
        }
        let next = sessions.open(None).await.unwrap();
        next.login_with(Shopper::by_account(7)).await.unwrap();
        next.commit().await.unwrap();
        store.release();
        commit.await.unwrap().unwrap();
        assert_eq!((slow.points(), next.points()), (0, 100), "had a session: {had_a_session}");
    }
}

/// The process died after it had written the session, and before it deleted the one that was taken over.
#[tokio::test]
async fn what_a_session_had_taken_ends_with_it_although_it_was_never_deleted() {
    for had_a_session in [false, true] {
        for is_revoked in [false, true] {
            let (sessions, store, _) = on_manual_clock::<Shopper>();
            let phone = sessions.open(None).await.unwrap();
            phone.set_account(7);
            phone.set_points(100);
            commit(&phone).await;
            let laptop = sessions.open(None).await.unwrap();
            if had_a_session {
                laptop.set_label("laptop");
                commit(&laptop).await;
            }
            laptop.login_with(Shopper::by_account(7)).await.unwrap();
            store.fail_next("delete_at", Fault::Refused);
            laptop.commit().await.unwrap_err();
            let same = sessions.get(laptop.id()).await.unwrap().unwrap();
            match is_revoked {
                true => assert!(sessions.revoke(laptop.id()).await.unwrap()),
                false => {
                    same.destroy();
                    same.commit().await.unwrap();
                }
            }
            let next = sessions.open(None).await.unwrap();
            next.login_with(Shopper::by_account(7)).await.unwrap();
            next.commit().await.unwrap();
            assert_eq!(next.points(), 0, "had a session: {had_a_session}, revoked: {is_revoked}");
        }
    }
}
