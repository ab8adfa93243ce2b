//! Events as the application's hook and the metrics see them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use scs::{
    EndReason, ManualClock, MemoryStore, Session, SessionEvent, SessionManager, StoreOperation, TypedSession,
    store::StoreErrorKind,
};

use crate::support::{DAY, Fault, HOUR, START, TestStore, commit};

#[derive(Session)]
struct Visitor {
    #[session(index(max = 1), renews)]
    account: Option<u64>,
    visits: u64,
    #[session(on_invalid = "destroy")]
    level: u8,
}

/// The same, with another type of one field.
#[derive(Session)]
#[session(name = "Visitor")]
struct Newer {
    #[session(index(max = 1), renews)]
    account: Option<u64>,
    visits: u64,
    #[session(on_invalid = "destroy")]
    level: Vec<String>,
}

type Sessions = SessionManager<Visitor, TestStore>;

struct World {
    sessions: Sessions,
    store: TestStore,
    clock: Arc<ManualClock>,
    events: Arc<Mutex<Vec<SessionEvent>>>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let store = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
        let events = Arc::<Mutex<Vec<SessionEvent>>>::default();
        let seen = events.clone();
        let sessions = Sessions::builder(store.clone())
            .clock(clock.clone())
            .renew_every(HOUR)
            .idle_timeout(HOUR * 2)
            .on_event(move |event| seen.lock().unwrap().push(*event))
            .build()
            .unwrap();
        Self { sessions, store, clock, events }
    }

    /// The events since this was last asked.
    fn events(&self) -> Vec<SessionEvent> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    async fn stored(&self) -> (String, TypedSession<Visitor>) {
        let session = self.sessions.open(None).await.unwrap();
        session.set_visits(1);
        let token = commit(&session).await;
        (token, session)
    }

    async fn open(&self, token: &str) -> TypedSession<Visitor> {
        self.sessions.open(token).await.unwrap()
    }
}

#[tokio::test]
async fn a_sessions_life_is_told_from_its_creation_to_its_end() {
    let world = World::new();
    let (token, session) = world.stored().await;
    let id = session.id();
    session.renew();
    let renewed = commit(&session).await;
    session.destroy();
    session.commit().await.unwrap();
    world.open(&renewed).await;
    world.open(&token[1..]).await;
    let told = [
        SessionEvent::Created { id },
        SessionEvent::Renewed { id },
        SessionEvent::Destroyed { id, reason: EndReason::Destroyed },
        SessionEvent::UnknownToken,
        SessionEvent::Malformed,
    ];
    assert_eq!(world.events(), told);
}

#[tokio::test]
async fn whatever_ends_a_session_is_told_once_with_its_reason() {
    let world = World::new();

    let (_, revoked) = world.stored().await;
    world.events();
    world.sessions.revoke(revoked.id()).await.unwrap();
    world.sessions.revoke(revoked.id()).await.unwrap();
    assert_eq!(world.events(), [SessionEvent::Destroyed { id: revoked.id(), reason: EndReason::Revoked }]);

    let ((token, merged), (_, session)) = (world.stored().await, world.stored().await);
    session.merge_from(&scs::Token::parse(token.as_bytes()).unwrap()).await.unwrap();
    world.events();
    session.commit().await.unwrap();
    assert_eq!(world.events(), [SessionEvent::Destroyed { id: merged.id(), reason: EndReason::Merged }]);

    let [(_, first), (_, second)] = [world.stored().await, world.stored().await];
    first.set_account(7);
    first.commit().await.unwrap();
    world.events();
    second.set_account(7);
    second.commit().await.unwrap();
    let evicted = SessionEvent::Destroyed { id: first.id(), reason: EndReason::Evicted };
    assert_eq!(world.events(), [evicted, SessionEvent::Renewed { id: second.id() }]);

    let (token, invalid) = world.stored().await;
    invalid.set_level(3);
    invalid.commit().await.unwrap();
    world.events();
    let events = world.events.clone();
    let newer = SessionManager::<Newer, _>::builder(world.store.clone())
        .clock(world.clock.clone())
        .on_event(move |event| events.lock().unwrap().push(*event))
        .build()
        .unwrap();
    newer.open(token.as_str()).await.unwrap().commit().await.unwrap();
    assert_eq!(world.events(), [SessionEvent::Destroyed { id: invalid.id(), reason: EndReason::Invalid }]);
}

#[tokio::test]
async fn an_old_token_that_comes_back_is_told_once_each_time() {
    let world = World::new();
    let (old, session) = world.stored().await;
    world.clock.advance(HOUR);
    let new = commit(&world.open(&old).await).await;
    world.open(&new).await.commit().await.unwrap();
    world.events();
    world.open(&old).await;
    assert_eq!(world.events(), [], "inside its grace it is no old token");
    world.clock.advance(Duration::from_secs(10));
    world.open(&old).await;
    assert_eq!(world.events(), [SessionEvent::TokenReuse { id: session.id() }]);
}

#[tokio::test]
async fn races_are_told() {
    let world = World::new();
    let (token, session) = world.stored().await;
    let id = session.id();
    let [one, other] = [world.open(&token).await, world.open(&token).await];
    world.events();
    one.set_visits(2);
    other.set_level(3);
    one.commit().await.unwrap();
    other.commit().await.unwrap();
    assert_eq!(world.events(), [SessionEvent::Conflict { id, attempt: 1 }]);
    one.destroy();
    one.commit().await.unwrap();
    other.set_visits(3);
    world.events();
    other.commit().await.unwrap_err();
    assert_eq!(world.events(), [SessionEvent::WriteAfterDelete { id }]);
}

#[tokio::test]
async fn every_failing_call_of_the_store_is_told() {
    let world = World::new();
    let (token, _) = world.stored().await;
    world.events();
    world.store.fail_next("load", Fault::Refused);
    world.sessions.open(token.as_str()).await.unwrap_err();
    let outage = SessionEvent::Outage { operation: StoreOperation::Load, kind: StoreErrorKind::Unavailable };
    assert_eq!(world.events(), [outage]);
}

#[tokio::test]
async fn an_expired_session_that_is_still_seen_is_told() {
    let (clock, events) = (Arc::new(ManualClock::new(START)), Arc::<Mutex<Vec<SessionEvent>>>::default());
    let seen = events.clone();
    // This store goes by another clock, and would keep the record for a day yet.
    let sessions = Sessions::builder(TestStore::new())
        .clock(clock.clone())
        .on_event(move |event| seen.lock().unwrap().push(*event))
        .build()
        .unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    clock.advance(DAY);
    sessions.open(token.as_str()).await.unwrap();
    let id = session.id();
    assert_eq!(*events.lock().unwrap(), [SessionEvent::Created { id }, SessionEvent::Expired { id }]);
}

#[tokio::test]
async fn a_hook_that_panics_stops_nothing() {
    let store = TestStore::new();
    let sessions =
        Sessions::builder(store.clone()).on_event(|_| panic!("a mistake of the application")).build().unwrap();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    session.destroy();
    session.commit().await.unwrap();
    assert_eq!(store.inner.statistics().sessions, 0);
    assert!(sessions.open(token.as_str()).await.unwrap().is_new());
}

#[test]
fn metrics_count_events_and_time_calls_with_no_label_of_a_users() {
    let recorder = DebuggingRecorder::new();
    let metrics = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let world = World::new();
            let (token, _) = world.stored().await;
            world.open(&token).await;
            world.store.fail_next("load", Fault::Refused);
            world.sessions.open(token.as_str()).await.unwrap_err();
        });
    });
    let mut seen: Vec<String> = metrics
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let value = match value {
                DebugValue::Histogram(values) => values.len(),
                DebugValue::Counter(count) => usize::try_from(count).unwrap(),
                DebugValue::Gauge(_) => panic!("there are no gauges"),
            };
            format!("{}{{{}}} {value}", key.key().name(), labels.join(","))
        })
        .collect();
    seen.sort();
    let told = [
        "session_events_total{schema=Visitor,event=created} 1",
        "session_events_total{schema=Visitor,event=outage} 1",
        "session_store_seconds{schema=Visitor,operation=create,result=ok} 1",
        "session_store_seconds{schema=Visitor,operation=load,result=error} 1",
        "session_store_seconds{schema=Visitor,operation=load,result=ok} 1",
    ];
    assert_eq!(seen, told);
}
