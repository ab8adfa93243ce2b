//! What each kind of field reads as, and what setting it does.

use std::{collections::BTreeMap, time::Duration};

use scs::{MemoryStore, Session, SessionManager, Status, TypedSession, store::Store as _};
use serde::{Deserialize, Serialize};

use crate::support::{MINUTE, SECOND, TestStore, commit, on_manual_clock};

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Cart {
    items: Vec<String>,
    total: u32,
}

#[derive(Session)]
struct Shop {
    visits: u32,
    /// The name.
    name: Option<String>,
    motto: String,
    cart: Cart,
    #[session(default = 10)]
    page_size: u16,
    #[session(default = Some("en".to_owned()))]
    language: Option<String>,
    prices: BTreeMap<String, u32>,
    #[session(once)]
    device: Option<u32>,
    #[session(ttl = "10m")]
    otp: Option<String>,
    r#type: Option<bool>,
}

async fn new_session() -> TypedSession<Shop> {
    SessionManager::<Shop, _>::new(MemoryStore::new()).open(None).await.unwrap()
}

/// The session as another request sees it.
async fn stored(change: impl FnOnce(&TypedSession<Shop>)) -> TypedSession<Shop> {
    let sessions = SessionManager::<Shop, _>::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    change(&session);
    let token = commit(&session).await;
    sessions.open(token.as_str()).await.unwrap()
}

#[tokio::test]
async fn an_absent_field_reads_as_its_default() {
    let session = new_session().await;
    assert_eq!(session.visits(), 0);
    assert_eq!(session.name(), None);
    assert_eq!(session.motto(), "");
    assert_eq!(session.cart(), Cart::default());
    assert_eq!(session.page_size(), 10);
    assert_eq!(session.language().as_deref(), Some("en"));
    assert!(!session.has_visits());
}

#[tokio::test]
async fn reading_a_default_is_no_change() {
    let session = new_session().await;
    session.with_cart(|cart| assert!(cart.items.is_empty()));
    session.with_name(|name| assert!(name.is_none()));
    assert_eq!(session.status(), Status::Unmodified);
    assert!(session.commit().await.unwrap().token().is_none());
}

#[tokio::test]
async fn values_survive_the_store() {
    let cart = Cart { items: vec!["tea".into(), "jam".into()], total: 12 };
    let session = stored(|session| {
        session.set_visits(3);
        session.set_name("Ada");
        session.set_motto(String::from("onward"));
        session.set_cart(cart.clone());
        session.set_prices(BTreeMap::from([("tea".to_owned(), 450)]));
        session.set_type(true);
    })
    .await;
    assert_eq!(session.visits(), 3);
    assert_eq!(session.name().as_deref(), Some("Ada"));
    assert_eq!(session.motto(), "onward");
    assert_eq!(session.cart(), cart);
    assert_eq!(session.prices()["tea"], 450);
    assert_eq!(session.r#type(), Some(true));
}

#[tokio::test]
async fn removing_a_field_is_saved_even_when_it_is_the_only_change() {
    let sessions = SessionManager::<Shop, _>::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_name("Ada");
    let token = commit(&session).await;

    let other = sessions.open(token.as_str()).await.unwrap();
    other.remove_name();
    other.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().name(), None);
}

#[tokio::test]
async fn popping_returns_the_value_and_leaves_the_default() {
    let session = stored(|session| session.set_page_size(50)).await;
    assert_eq!(session.pop_page_size(), Some(50));
    assert_eq!(session.page_size(), 10);
    assert_eq!(session.pop_page_size(), None);
}

#[tokio::test]
async fn update_starts_from_the_default_and_returns_what_the_closure_returns() {
    let session = new_session().await;
    let size = session.update_page_size(|size| {
        *size += 1;
        *size
    });
    assert_eq!((size, session.page_size()), (11, 11));
    session.update_language(|language| assert_eq!(language.take().as_deref(), Some("en")));
    assert!(!session.has_language());
}

#[tokio::test]
async fn an_update_that_panics_changes_nothing_and_blocks_nobody() {
    let session = new_session().await;
    session.set_visits(1);
    let panicking = session.clone();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        panicking.update_visits(|visits| {
            *visits = 9;
            panic!("in the closure");
        });
    }));
    assert!(outcome.is_err());
    assert_eq!(session.visits(), 1);
    session.set_visits(2);
    assert_eq!(session.visits(), 2);
}

#[tokio::test]
async fn accessors_may_be_used_inside_an_update() {
    let session = new_session().await;
    let inside = session.clone();
    session.update_visits(move |visits| {
        inside.set_motto("nested");
        inside.update_page_size(|size| *size += 1);
        *visits += u32::from(inside.page_size());
    });
    assert_eq!((session.visits(), session.motto().as_str()), (11, "nested"));
}

#[test]
fn updates_from_many_threads_are_exact() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let session = runtime.block_on(new_session());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    session.update_visits(|visits| *visits += 1);
                }
            });
        }
    });
    assert_eq!(session.visits(), 4000);
}

#[tokio::test]
async fn a_once_field_is_set_once() {
    let session = stored(|session| session.init_device(1).unwrap()).await;
    let refused = session.init_device(2).unwrap_err();
    assert_eq!(refused.field(), "device");
    assert_eq!(session.device(), Some(1));
}

#[tokio::test]
async fn a_field_with_a_ttl_expires_on_its_own_and_every_set_restarts_it() {
    let (sessions, _, clock) = on_manual_clock::<Shop>();
    let session = sessions.open(None).await.unwrap();
    session.set_otp("1234");
    session.set_visits(1);
    let token = commit(&session).await;

    clock.advance(9 * MINUTE);
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(session.otp_expires_in(), Some(MINUTE));
    session.set_otp("1234");
    session.commit().await.unwrap();

    clock.advance(10 * MINUTE - SECOND);
    assert_eq!(sessions.open(token.as_str()).await.unwrap().otp().as_deref(), Some("1234"));
    clock.advance(SECOND);
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.otp(), session.otp_expires_in(), session.visits()), (None, None, 1));
}

#[tokio::test]
async fn what_a_change_moves_inside_the_record_reads_the_same_afterwards() {
    let before = stored(|session| {
        session.set_motto("short");
        session.set_otp("1234");
        session.set_type(true);
    })
    .await;
    before.set_motto("longer than it was before");
    before.commit().await.unwrap();
    assert_eq!((before.otp().as_deref(), before.r#type()), (Some("1234"), Some(true)));
}

#[tokio::test]
async fn the_next_change_leaves_what_has_expired_out_of_the_record() {
    let (sessions, store, clock) = on_manual_clock::<Shop>();
    let session = sessions.open(None).await.unwrap();
    session.set_otp("one-time-word");
    commit(&session).await;
    for (passed, is_kept) in [(10 * MINUTE - Duration::from_millis(1), true), (Duration::from_millis(1), false)] {
        clock.advance(passed);
        session.update_visits(|visits| *visits += 1);
        session.commit().await.unwrap();
        let record = store.inner.load(session.id()).await.unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(record.payload()).contains("one-time-word"), is_kept);
    }
}

#[tokio::test]
async fn a_value_that_expired_counts_as_none_when_a_change_is_repeated() {
    let (sessions, _, clock) = on_manual_clock::<Shop>();
    let session = sessions.open(None).await.unwrap();
    session.set_otp("old");
    let token = commit(&session).await;
    let slow = sessions.open(token.as_str()).await.unwrap();
    let other = sessions.open(token.as_str()).await.unwrap();
    other.set_visits(9);
    other.commit().await.unwrap();
    clock.advance(10 * MINUTE);
    slow.update_otp(|otp| *otp = Some(otp.take().unwrap_or_default() + "new"));
    slow.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().otp().as_deref(), Some("new"));
}

#[tokio::test]
async fn snapshot_is_the_whole_session_as_a_value() {
    let session = new_session().await;
    session.set_visits(3);
    session.set_name("Ada");
    let snapshot = session.snapshot();
    assert_eq!((snapshot.visits, snapshot.name.as_deref(), snapshot.page_size), (3, Some("Ada"), 10));
}

#[tokio::test]
async fn clones_share_one_state() {
    let session = new_session().await;
    session.clone().set_visits(5);
    assert_eq!(session.visits(), 5);
}

#[derive(Clone, Deserialize)]
struct Unserializable;

impl Serialize for Unserializable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("never"))
    }
}

#[derive(Session)]
struct Broken {
    bad: Option<Unserializable>,
    worse: Option<Unserializable>,
    good: u32,
}

#[tokio::test]
async fn a_value_that_cannot_be_encoded_is_an_error_at_commit_that_names_the_field() {
    let sessions = SessionManager::<Broken, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_good(1);
    session.set_bad(Unserializable);
    for _ in 0..2 {
        let error = session.commit().await.unwrap_err();
        assert!(error.to_string().contains("`bad`"), "{error}");
    }
    session.remove_bad();
    session.commit().await.unwrap();
}

#[tokio::test]
async fn every_value_that_cannot_be_encoded_counts() {
    let sessions = SessionManager::<Broken, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_bad(Unserializable);
    session.set_worse(Unserializable);
    session.remove_bad();
    assert!(session.commit().await.unwrap_err().to_string().contains("`worse`"));
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Nested(Vec<Nested>);

#[derive(Session)]
struct Tree {
    root: Nested,
}

#[tokio::test]
async fn a_value_that_nests_too_deep_to_be_read_back_is_refused_when_it_is_set() {
    let sessions = SessionManager::<Tree, _>::new(TestStore::new());
    for (depth, is_stored) in [(20, true), (80, false), (900, false)] {
        let session = sessions.open(None).await.unwrap();
        session.set_root((0..depth).fold(Nested::default(), |inner, _| Nested(vec![inner])));
        assert_eq!(session.commit().await.is_ok(), is_stored, "{depth}");
    }
}

mod generic {
    use super::*;
    use serde::de::DeserializeOwned;

    #[derive(Session)]
    pub(super) struct Holder<T: Serialize + DeserializeOwned + Clone + Default + Send + Sync + 'static> {
        pub(super) one: T,
        pub(super) many: Vec<T>,
    }
}

#[tokio::test]
async fn a_schema_may_be_generic() {
    let sessions = SessionManager::<generic::Holder<u8>, _>::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_one(7);
    session.update_many(|many| many.push(8));
    assert_eq!((session.one(), session.many()), (7, vec![8]));
}

#[derive(Session)]
struct Defaults {
    list: Vec<String>,
    number: u32,
    #[session(default = Some("en".to_owned()))]
    language: Option<String>,
    #[session(merge = "add")]
    hits: u64,
}

#[tokio::test]
async fn an_update_that_leaves_the_default_where_nothing_was_is_no_change() {
    let store = TestStore::new();
    let session = SessionManager::<Defaults, _>::new(store.clone()).open(None).await.unwrap();
    session.update_list(Vec::clear);
    session.update_number(|number| *number *= 2);
    session.update_language(|_| ());
    session.add_hits(0);
    assert_eq!(session.status(), Status::Unmodified);
    assert!(!session.has_list() && !session.has_number() && !session.has_language() && !session.has_hits());
    session.commit().await.unwrap();
    assert_eq!(store.take_calls(), [""; 0], "a stranger who changes nothing gets no row and no token");
    session.set_number(0);
    assert!(session.has_number(), "what is set is there, be it the default");
}

#[tokio::test]
async fn an_update_that_leaves_the_default_in_place_of_a_value_is_a_change() {
    let sessions = SessionManager::<Defaults, _>::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_number(3);
    let token = commit(&session).await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.update_number(|number| *number = 0);
    session.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().number(), 0);
}
