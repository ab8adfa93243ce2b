//! What a field can hold: serde's shapes under both codecs, as docs/values.md tells it.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::support::root;

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct Point {
    x: i32,
    y: i32,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) enum External {
    Unit,
    One(u8),
    Two(u8, u8),
    Named { id: u64, from: IpAddr },
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(tag = "k")]
pub(crate) enum Internal {
    User { id: u64 },
    Address { id: u64, from: IpAddr },
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(tag = "k", content = "c")]
pub(crate) enum Adjacent {
    Address { id: u64, from: IpAddr },
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(untagged)]
pub(crate) enum Untagged {
    Number(u64),
    Text(String),
    Address(IpAddr),
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct Flattened<T> {
    id: u64,
    #[serde(flatten)]
    rest: T,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct Host {
    from: IpAddr,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct Skipped {
    id: u64,
    #[serde(skip)]
    cached: Option<u64>,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct OnlyWritten {
    id: u64,
    #[serde(skip_deserializing)]
    written: u64,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct OnlyRead {
    id: u64,
    #[serde(skip_serializing)]
    read: u64,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct Nested {
    #[expect(clippy::option_option, reason = "it is one of the shapes")]
    inner: Option<Option<u8>>,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) struct Unit;

/// What became of a value that was set and committed.
fn fate<T: PartialEq>(committed: Result<(), scs::SessionError>, read: Option<&T>, set: &T) -> &'static str {
    match committed {
        Err(scs::SessionError::Encode { field: "value", .. }) => "refused",
        Err(error) => panic!("{error}"),
        Ok(()) if read == Some(set) => "kept",
        Ok(()) => "another value",
    }
}

macro_rules! zoo {
    ($($name:ident $title:literal: $type:ty = $value:expr;)+) => {
        $(
            mod $name {
                use super::*;

                #[derive(scs::Session)]
                #[session(name = "MessagePack")]
                struct Packed {
                    value: Option<$type>,
                }

                #[derive(scs::Session)]
                #[session(name = "Json", codec = scs::Json)]
                struct Text {
                    value: Option<$type>,
                }

                pub(super) async fn row() -> String {
                    let value: $type = $value;
                    let store = scs::MemoryStore::new();
                    let packed = scs::SessionManager::<Packed, _>::new(store.clone());
                    let session = packed.open(None).await.unwrap();
                    session.set_value(value.clone());
                    let committed = session.commit().await.map(drop);
                    let read = packed.get(session.id()).await.unwrap().and_then(|session| session.value());
                    let packed = fate(committed, read.as_ref(), &value);
                    let text = scs::SessionManager::<Text, _>::new(store);
                    let session = text.open(None).await.unwrap();
                    session.set_value(value.clone());
                    let committed = session.commit().await.map(drop);
                    let read = text.get(session.id()).await.unwrap().and_then(|session| session.value());
                    format!("| {} | {packed} | {} |", $title, fate(committed, read.as_ref(), &value))
                }
            }
        )+

        async fn rows() -> Vec<String> {
            vec![$($name::row().await),+]
        }
    };
}

zoo! {
    unit "a struct without fields": Unit = Unit;
    structure "a struct": Point = Point { x: -1, y: i32::MAX };
    tuple "a tuple": (u8, String) = (1, "one".into());
    external "an enum": Vec<External> = vec![
        External::Unit, External::One(1), External::Two(1, 2),
        External::Named { id: 1, from: Ipv4Addr::LOCALHOST.into() },
    ];
    internal "an enum with `tag`": Internal = Internal::User { id: u64::MAX };
    internal_address "an enum with `tag` that holds an `IpAddr`":
        Internal = Internal::Address { id: 1, from: Ipv4Addr::LOCALHOST.into() };
    adjacent "an enum with `tag` and `content` that holds an `IpAddr`":
        Adjacent = Adjacent::Address { id: 1, from: Ipv4Addr::LOCALHOST.into() };
    untagged "an `untagged` enum": Vec<Untagged> = vec![Untagged::Number(1), Untagged::Text("one".into())];
    untagged_address "an `untagged` enum that holds an `IpAddr`": Untagged = Untagged::Address(Ipv4Addr::LOCALHOST.into());
    flattened "a struct with a `flatten` struct": Flattened<Point> = Flattened { id: 1, rest: Point { x: 1, y: 2 } };
    flattened_address "a struct with a `flatten` struct that holds an `IpAddr`":
        Flattened<Host> = Flattened { id: 1, rest: Host { from: Ipv4Addr::LOCALHOST.into() } };
    flattened_map "a struct with a `flatten` map":
        Flattened<BTreeMap<String, u8>> = Flattened { id: 1, rest: BTreeMap::from([("one".into(), 1)]) };
    skipped "a struct with a `skip` field that is set": Skipped = Skipped { id: 1, cached: Some(2) };
    only_written "a struct with a `skip_deserializing` field that is set": OnlyWritten = OnlyWritten { id: 1, written: 2 };
    only_read "a struct with a `skip_serializing` field that has no default": OnlyRead = OnlyRead { id: 1, read: 2 };
    large "`i128` and `u128` beyond 64 bits": (i128, u128) = (i128::MIN, u128::MAX);
    nested "`Some(None)` of an `Option<Option<T>>`": Nested = Nested { inner: Some(None) };
    map "a map whose keys are texts": HashMap<String, u8> = (0..50).map(|key| (key.to_string(), key)).collect();
    numbers "a map whose keys are numbers": HashMap<u32, u8> = (0..50).map(|key| (u32::from(key), key)).collect();
    pairs "a map whose keys are tuples": BTreeMap<(u8, u8), u8> = BTreeMap::from([((1, 2), 3)]);
    floats "a number with a fraction": Vec<f64> = vec![0.1, -0.0, f64::MAX, f64::MIN_POSITIVE];
    infinity "an infinite `f64`": f64 = f64::INFINITY;
    bytes "bytes": (Vec<u8>, [u8; 32]) = (vec![0, 255], [7; 32]);
    character "a `char`": char = '🦀';
    address "an `IpAddr`": IpAddr = Ipv4Addr::LOCALHOST.into();
    duration "a `Duration`": Duration = Duration::new(1, 999_999_999);
    json "a `serde_json::Value`": serde_json::Value = serde_json::json!({ "a": [1, -1, 1.5, null, "x"] });
}

#[tokio::test]
async fn the_documentation_tells_what_became_of_each_shape() {
    let page = std::fs::read_to_string(root().join("docs/values.md")).unwrap();
    let missing: Vec<_> = rows().await.into_iter().filter(|row| !page.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/values.md lacks:\n{}", missing.join("\n"));
}

#[derive(scs::Session)]
struct Odd {
    #[session(renews)]
    who: Option<Internal>,
    ratio: f64,
    prefs: HashMap<String, u8>,
    tags: Option<std::collections::HashSet<String>>,
    #[session(merge = "union")]
    seen: std::collections::HashSet<u64>,
}

#[tokio::test]
async fn a_sign_in_with_a_value_that_cannot_be_read_back_is_an_error_that_names_the_field() {
    let sessions = scs::SessionManager::<Odd, _>::new(scs::MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_who(Internal::Address { id: 7, from: Ipv4Addr::LOCALHOST.into() });
    let error = session.commit().await.unwrap_err();
    assert!(matches!(error, scs::SessionError::Encode { field: "who", .. }), "{error}");
    assert!(error.to_string().contains("cannot be read back"), "{error}");
    session.set_who(Internal::User { id: 7 });
    session.commit().await.unwrap();
    assert_eq!(session.who(), Some(Internal::User { id: 7 }));
}

#[tokio::test]
async fn what_is_no_number_is_kept_and_equal_to_nothing() {
    let sessions = scs::SessionManager::<Odd, _>::new(scs::MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_ratio(f64::NAN);
    session.commit().await.unwrap();
    assert!(sessions.get(session.id()).await.unwrap().unwrap().ratio().is_nan());
}

/// One in ten of these is read as the one beside it by a reader of JSON that is in a hurry.
#[tokio::test]
async fn every_number_with_a_fraction_comes_back_in_json() {
    #[derive(scs::Session)]
    #[session(codec = scs::Json)]
    struct Ratio {
        ratio: f64,
    }
    let sessions = scs::SessionManager::<Ratio, _>::new(scs::MemoryStore::new());
    let mut random = fastrand::Rng::with_seed(7);
    for ratio in std::iter::repeat_with(|| random.f64() * 100.0).take(10_000).chain([90.422_252_909_423_83]) {
        let session = sessions.open(None).await.unwrap();
        session.set_ratio(ratio);
        session.commit().await.unwrap();
        assert_eq!(session.ratio().to_bits(), ratio.to_bits());
    }
}

/// Equal by its number alone.
#[derive(Serialize, Deserialize, Clone, Debug)]
struct Profile {
    id: u64,
    name: String,
}

impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Equal whatever its letters' case.
#[derive(Serialize, Deserialize, Clone, Debug)]
struct Email(String);

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug, Default)]
struct Cart {
    items: HashMap<String, u32>,
    #[serde(skip)]
    total: Option<u64>,
}

#[derive(scs::Session)]
struct Shopper {
    #[session(index, renews)]
    email: Option<Email>,
    profile: Option<Profile>,
    cart: Cart,
    #[session(default = HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 3)]))]
    prefs: HashMap<String, u32>,
}

#[tokio::test]
async fn what_a_type_leaves_out_of_its_equality_is_stored_and_found_all_the_same() {
    let sessions = scs::SessionManager::<Shopper, _>::new(scs::MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_email(Email("Bob@example.com".into()));
    session.set_profile(Profile { id: 1, name: "old".into() });
    session.commit().await.unwrap();
    session.set_email(Email("bob@example.com".into()));
    session.set_profile(Profile { id: 1, name: "new".into() });
    assert_eq!(session.profile().unwrap().name, "new");
    session.commit().await.unwrap();
    session.update_profile(|profile| profile.as_mut().unwrap().name.push('!'));
    session.commit().await.unwrap();
    assert_eq!(session.profile().unwrap().name, "new!");
    assert_eq!(sessions.revoke_all(Shopper::by_email(Email("bob@example.com".into()))).await.unwrap(), 1);
}

#[tokio::test]
async fn a_map_beside_what_is_left_out_is_never_refused() {
    for _ in 0..50 {
        let sessions = scs::SessionManager::<Shopper, _>::new(scs::MemoryStore::new());
        let session = sessions.open(None).await.unwrap();
        session.set_cart(Cart { items: (0..5).map(|item| (item.to_string(), item)).collect(), total: Some(7) });
        session.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_default_that_is_a_map_begins_no_session() {
    for _ in 0..50 {
        let sessions = scs::SessionManager::<Shopper, _>::new(scs::MemoryStore::new());
        let session = sessions.open(None).await.unwrap();
        session.update_prefs(|_| ());
        assert!(session.commit().await.unwrap().token().is_none());
    }
}

#[tokio::test]
async fn an_equal_value_is_no_change_whatever_the_order_of_its_bytes() {
    let store = crate::support::TestStore::new();
    let sessions = scs::SessionManager::<Odd, _>::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    // Two maps of so many have the same order by a chance of one in many billions.
    let prefs = || (0..60).map(|key: u8| (key.to_string(), key)).collect::<HashMap<_, _>>();
    let tags = || (0..60).map(|tag: u8| tag.to_string()).collect::<std::collections::HashSet<_>>();
    session.set_prefs(prefs());
    session.set_tags(tags());
    session.set_seen((0..60).collect());
    session.commit().await.unwrap();
    store.take_calls();
    for _ in 0..10 {
        let session = sessions.get(session.id()).await.unwrap().unwrap();
        session.update_prefs(|_| ());
        session.update_tags(|_| ());
        session.update_seen(|_| ());
        session.set_prefs(prefs());
        session.set_tags(tags());
        session.set_seen((0..60).collect());
        session.commit().await.unwrap();
        assert_eq!(store.take_calls(), ["load"]);
    }
    session.update_prefs(|prefs| {
        prefs.insert("new".into(), 1);
    });
    session.commit().await.unwrap();
    assert_eq!(store.take_calls(), ["update"]);
}
