//! What is special to the store in memory; that it keeps the contract is shown in `conformance`.

use std::{sync::Arc, time::Duration};

use scs::{
    ManualClock, MemoryStore, Session, SessionId, SessionManager,
    store::{Created, Entry, Index, Store, StoreErrorKind, Term, Updated},
};

use crate::support::{MINUTE, SECOND, START};

#[derive(Session)]
struct Account {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

const TERM: Term = Term::from_bytes([7; 16]);

fn id(number: u128) -> SessionId {
    SessionId::from_bytes(number.to_be_bytes())
}

fn entry(payload: &str) -> Entry {
    Entry::new(payload.to_owned(), MINUTE)
}

fn on_clock() -> (MemoryStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    (MemoryStore::new().with_clock(clock.clone()), clock)
}

#[tokio::test]
async fn a_record_expires_to_the_millisecond() {
    let (store, clock) = on_clock();
    let _ = store.create(id(1), &entry("one")).await.unwrap();
    clock.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(store.load(id(1)).await.unwrap().unwrap().ttl(), Duration::from_millis(1));
    clock.advance(Duration::from_millis(1));
    assert!(store.load(id(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_full_store_refuses_new_sessions_and_keeps_the_live_ones() {
    let clock = Arc::new(ManualClock::new(START));
    let store = MemoryStore::with_capacity(2).with_clock(clock.clone());
    let first = entry("one");
    let _ = store.create(id(1), &first).await.unwrap();
    let _ = store.create(id(2), &entry("two")).await.unwrap();
    let error = store.create(id(3), &entry("three")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert!(error.to_string().contains("raise its capacity"), "{error}");
    assert_eq!(store.update(id(1), first.revision(), &entry("new")).await.unwrap(), Updated::Updated);
    assert!(store.load(id(2)).await.unwrap().is_some());

    clock.advance(MINUTE);
    assert_eq!(store.create(id(3), &entry("three")).await.unwrap(), Created::Created, "expired ones make room");
    assert_eq!(store.statistics().sessions, 1);
}

#[tokio::test]
async fn a_store_without_a_reaper_does_not_grow_for_ever() {
    let (store, clock) = on_clock();
    for number in 0..20_000 {
        let _ = store.create(id(number), &entry("x")).await.unwrap();
        clock.advance(SECOND);
    }
    assert!(store.statistics().sessions < 1000, "{:?}", store.statistics());
}

#[tokio::test]
async fn statistics_count_a_session_once_however_often_it_is_sent_or_its_id_is_used() {
    let (store, clock) = on_clock();
    let (first, second) = (entry("one"), entry("two"));
    let _ = store.create(id(1), &first).await.unwrap();
    let _ = store.create(id(1), &first).await.unwrap();
    let _ = store.update(id(1), first.revision(), &second).await.unwrap();
    let _ = store.update(id(1), first.revision(), &second).await.unwrap();
    assert_eq!(store.statistics().sessions, 1);
    clock.advance(MINUTE);
    let _ = store.create(id(1), &entry("three")).await.unwrap();
    assert_eq!(store.statistics().sessions, 1);
}

#[tokio::test]
async fn a_live_record_that_has_the_term_is_not_forgotten() {
    let store = MemoryStore::new();
    let _ = store.create(id(1), &entry("x").with_terms(vec![TERM], vec![])).await.unwrap();
    store.forget(TERM, id(1)).await.unwrap();
    assert_eq!(store.find(TERM, None, 100).await.unwrap().items, [id(1)]);
}

#[tokio::test]
async fn a_quarter_of_a_bounded_store_is_kept_for_sessions_that_somebody_has_signed_in_to() {
    let sessions = SessionManager::<Account, _>::new(MemoryStore::with_capacity(8));
    let visit = || async {
        let session = sessions.open(None).await.unwrap();
        session.set_visits(1);
        session.commit().await
    };
    for _ in 0..6 {
        visit().await.unwrap();
    }
    assert!(visit().await.is_err(), "strangers have their share");
    let mut signed_in = Vec::new();
    for account in 0..2 {
        let session = sessions.open(None).await.unwrap();
        session.set_account(account);
        session.commit().await.unwrap();
        signed_in.push(session);
    }
    assert!(visit().await.is_err());
    signed_in[0].destroy();
    signed_in[0].commit().await.unwrap();
    assert!(visit().await.is_err(), "the place of one who signed out is kept for the next");
    let session = sessions.open(None).await.unwrap();
    session.set_account(9);
    session.commit().await.unwrap();
}
