//! Which values can be stored.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use scs::{Session, SessionError, SessionManager};
use serde::{Deserialize, Serialize};

use crate::support::{START, TestStore, commit};

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
enum Plan {
    #[default]
    Free,
    Paid {
        until: Duration,
    },
}

#[derive(Session)]
struct Everything {
    at: Option<SystemTime>,
    every: Duration,
    prices: BTreeMap<String, u32>,
    plan: Plan,
    bytes: Vec<u8>,
    nested: Vec<Option<(u8, String)>>,
}

/// In SCS a time, a map or a struct fails with the default codec when the session is saved, unless its
/// type was registered. Here any type with serde's traits is stored, and one without is a compile
/// error at its field.
#[tokio::test]
async fn times_maps_and_types_of_ones_own_need_no_registration() {
    let sessions = SessionManager::<Everything, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    let plan = Plan::Paid { until: Duration::from_nanos(1) };
    session.set_at(SystemTime::from(START));
    session.set_every(Duration::from_millis(1500));
    session.set_prices(BTreeMap::from([("tea".to_owned(), 450)]));
    session.set_plan(plan.clone());
    session.set_nested(vec![None, Some((1, "one".into()))]);
    let token = commit(&session).await;

    let session = sessions.open(&token).await.unwrap();
    assert_eq!((session.at(), session.every()), (Some(START.into()), Duration::from_millis(1500)));
    assert_eq!((session.prices()["tea"], session.plan()), (450, plan));
    assert_eq!(session.nested(), [None, Some((1, "one".into()))]);
}

/// In SCS bytes of length zero come back as nil. Here an empty value is a value.
#[tokio::test]
async fn an_empty_value_is_there() {
    let sessions = SessionManager::<Everything, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_bytes(vec![]);
    let token = commit(&session).await;
    let session = sessions.open(&token).await.unwrap();
    assert!(session.has_bytes());
    assert_eq!(session.pop_bytes(), Some(vec![]));
}

#[derive(Clone, Deserialize)]
struct Stubborn;

impl Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}

#[derive(Session)]
struct Refusing {
    stubborn: Option<Stubborn>,
    visits: u32,
}

/// In SCS a value that cannot be encoded is a 500 that does not say which. Here the error names the
/// field, nothing is stored, and the session goes on once the value is gone.
#[tokio::test]
async fn a_value_that_cannot_be_encoded_is_named() {
    let store = TestStore::new();
    let session = SessionManager::<Refusing, _>::new(store.clone()).open(None).await.unwrap();
    session.set_visits(1);
    session.set_stubborn(Stubborn);
    let error = session.commit().await.unwrap_err();
    assert!(matches!(error, SessionError::Encode { field: "stubborn", .. }));
    assert_eq!(store.take_calls(), [""; 0]);
    session.remove_stubborn();
    commit(&session).await;
}

/// SCS stores a session of any size, up to what its store takes. Here a session that grows without end
/// is an error that says so.
#[tokio::test]
async fn a_session_that_grows_too_large_is_refused() {
    let sessions = SessionManager::<Everything, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_bytes(vec![0; 70_000]);
    assert!(matches!(session.commit().await, Err(SessionError::TooLarge { limit: 65_536, .. })));
}
