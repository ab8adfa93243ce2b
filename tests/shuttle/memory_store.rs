//! The locks of the store in memory, in orders that [`shuttle`] chooses: 1,000 of each, or `SCS_SHUTTLE` of them.
//!
//! `just shuttle` builds the store with shuttle's locks in place of the real ones. Shuttle does not drive the commit
//! loop: that waits for timers of tokio, which shuttle knows nothing of, and between two of its store calls no lock
//! is held whose order could matter. The order of store calls is explored in `tests/proofs/schedules/`.

#![cfg(scs_shuttle)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test that fails says so by panicking")]

use std::{sync::Arc, time::Duration};

use scs::{
    ManualClock, MemoryStore, SessionId, Timestamp,
    store::{Admission, Created, Entry, Index, Limit, Purge, Revision, Store, Term, Updated},
};
use shuttle::{future::block_on, thread};

const ID: SessionId = SessionId::from_bytes([1; 16]);
const OTHER: SessionId = SessionId::from_bytes([2; 16]);
/// Ids that end alike are under one lock.
const NEIGHBOUR: SessionId = SessionId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const HOUR: Duration = Duration::from_hours(1);

/// Tries a race in many orders.
fn race(test: impl Fn() + Send + Sync + 'static) {
    let orders = std::env::var("SCS_SHUTTLE").map_or(1_000, |orders| orders.parse().unwrap());
    shuttle::check_random(test, orders);
}

type Call<T> = Box<dyn FnOnce() -> T + Send>;

/// Runs on threads of their own and gives what they return, in this order.
fn at_once<T: Send + 'static>(calls: Vec<Call<T>>) -> Vec<T> {
    let threads: Vec<_> = calls.into_iter().map(thread::spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn term() -> Term {
    Term::from_bytes([3; 16])
}

fn entry(terms: &[Term]) -> Entry {
    Entry::new("fields", HOUR).with_terms(terms.to_vec(), Vec::new())
}

/// A store on a clock of its own, with one record.
fn stored(terms: &[Term]) -> (MemoryStore, Arc<ManualClock>, Revision) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(0)));
    let store = MemoryStore::new().with_clock(clock.clone());
    let entry = entry(terms);
    assert_eq!(block_on(store.create(ID, &entry)).unwrap(), Created::Created);
    (store, clock, entry.revision())
}

fn found(store: &MemoryStore) -> Vec<SessionId> {
    block_on(store.find(term(), None, 10)).unwrap().items
}

#[test]
fn of_updates_of_one_revision_one_is_done() {
    race(|| {
        let (store, _, revision) = stored(&[]);
        let update = |_| {
            let store = store.clone();
            Box::new(move || block_on(store.update(ID, revision, &entry(&[]))).unwrap()) as _
        };
        let updated = at_once((0..3).map(update).collect());
        assert_eq!(updated.iter().filter(|updated| **updated == Updated::Updated).count(), 1);
        assert!(updated.iter().all(|updated| matches!(updated, Updated::Updated | Updated::Conflict)));
    });
}

#[test]
fn what_is_deleted_stays_deleted_and_leaves_nothing_behind() {
    race(|| {
        let (store, _, revision) = stored(&[]);
        let (updating, deleting, forgetting) = (store.clone(), store.clone(), store.clone());
        at_once(vec![
            Box::new(move || drop(block_on(updating.update(ID, revision, &entry(&[term()]))))) as Call<()>,
            Box::new(move || assert!(block_on(deleting.delete(ID)).unwrap())),
            Box::new(move || block_on(forgetting.forget(term(), ID)).unwrap()),
        ]);
        let statistics = store.statistics();
        assert_eq!((statistics.sessions, statistics.index_entries), (0, 0));
    });
}

#[test]
fn a_record_that_can_be_loaded_can_be_found() {
    race(|| {
        let store = MemoryStore::new();
        let (creating, reading, forgetting) = (store.clone(), store.clone(), store.clone());
        at_once(vec![
            Box::new(move || drop(block_on(creating.create(ID, &entry(&[term()]))))) as Call<()>,
            Box::new(move || {
                let is_there = block_on(reading.load(ID)).unwrap().is_some();
                assert!(!is_there || found(&reading) == [ID]);
            }),
            Box::new(move || block_on(forgetting.forget(term(), ID)).unwrap()),
        ]);
        assert_eq!(found(&store), [ID]);
    });
}

#[test]
fn a_record_that_gains_a_term_is_found_by_it_whoever_forgets_it() {
    race(|| {
        let (store, _, revision) = stored(&[]);
        let (updating, forgetting) = (store.clone(), store.clone());
        at_once(vec![
            Box::new(move || drop(block_on(updating.update(ID, revision, &entry(&[term()]))))) as Call<()>,
            Box::new(move || block_on(forgetting.forget(term(), ID)).unwrap()),
        ]);
        assert_eq!(found(&store), [ID]);
    });
}

#[test]
fn what_loses_a_term_while_it_is_ended_by_it_is_deleted_or_spared() {
    race(|| {
        let (store, _, revision) = stored(&[term()]);
        let (updating, ending) = (store.clone(), store.clone());
        let drops = Entry::new("fields", HOUR).with_terms(Vec::new(), vec![term()]);
        let done = at_once(vec![
            Box::new(move || block_on(updating.update(ID, revision, &drops)).unwrap() == Updated::Updated)
                as Call<bool>,
            Box::new(move || block_on(ending.delete_under(term(), ID)).unwrap()),
        ]);
        assert_ne!(done[0], done[1], "one of the two");
        assert_eq!(block_on(store.load(ID)).unwrap().is_some(), done[0]);
        assert_eq!(found(&store), []);
    });
}

#[test]
fn what_gains_a_term_while_it_is_ended_by_it_is_deleted_or_found() {
    race(|| {
        let (store, _, revision) = stored(&[]);
        let (updating, ending) = (store.clone(), store.clone());
        let done = at_once(vec![
            Box::new(move || block_on(updating.update(ID, revision, &entry(&[term()]))).unwrap() == Updated::Updated)
                as Call<bool>,
            Box::new(move || block_on(ending.delete_under(term(), ID)).unwrap()),
        ]);
        assert!(done[0]);
        assert_eq!(block_on(store.load(ID)).unwrap().is_none(), done[1]);
        assert_eq!(found(&store), if done[1] { vec![] } else { vec![ID] });
    });
}

#[test]
fn a_place_that_is_taken_while_it_is_relied_on_has_one_record() {
    race(|| {
        let store = MemoryStore::new();
        assert_eq!(block_on(store.admit(term(), ID, 1, HOUR)).unwrap(), Admission::Admitted);
        let sign_in = || entry(&[term()]).with_places(vec![term()]);
        let (creating, taking) = (store.clone(), store.clone());
        let created = at_once(vec![
            Box::new(move || block_on(creating.create(ID, &sign_in())).unwrap() == Created::Created) as Call<bool>,
            Box::new(move || {
                block_on(taking.forget(term(), ID)).unwrap();
                block_on(taking.admit(term(), OTHER, 1, HOUR)).unwrap() == Admission::Admitted
                    && block_on(taking.create(OTHER, &sign_in())).unwrap() == Created::Created
            }),
        ]);
        assert_ne!(created[0], created[1], "one of the two");
        assert_eq!(found(&store), if created[0] { [ID] } else { [OTHER] });
        assert_eq!(store.statistics().sessions, 1);
    });
}

#[test]
fn one_of_two_gets_the_last_place() {
    race(|| {
        let store = MemoryStore::with_capacity(1);
        let create = |id| {
            let store = store.clone();
            Box::new(move || block_on(store.create(id, &entry(&[]))).is_ok()) as _
        };
        let created = at_once(vec![create(ID), create(OTHER)]);
        assert_eq!(created.iter().filter(|created| **created).count(), 1);
        assert_eq!(store.statistics().sessions, 1);
    });
}

#[test]
fn an_id_is_created_once() {
    race(|| {
        let store = MemoryStore::new();
        let create = |_| {
            let store = store.clone();
            Box::new(move || block_on(store.create(ID, &entry(&[]))).unwrap()) as _
        };
        let created = at_once((0..3).map(create).collect());
        assert_eq!(created.iter().filter(|created| **created == Created::Created).count(), 1);
        assert_eq!(store.statistics().sessions, 1);
    });
}

#[test]
fn as_many_as_there_are_places_are_admitted() {
    race(|| {
        let store = MemoryStore::new();
        let admit = |id| {
            let store = store.clone();
            Box::new(move || block_on(store.admit(term(), id, 2, HOUR)).unwrap() == Admission::Admitted) as _
        };
        let admitted = at_once([ID, OTHER, NEIGHBOUR].map(admit).into());
        assert_eq!(admitted.into_iter().filter(|admitted| *admitted).count(), 2);
    });
}

#[test]
fn purging_spares_what_takes_the_place_of_the_expired() {
    race(|| {
        let (store, clock, _) = stored(&[term()]);
        clock.advance(2 * HOUR);
        let [purging, creating, beside] = [(), (), ()].map(|()| store.clone());
        at_once(vec![
            Box::new(move || drop(block_on(purging.purge(10)))) as Call<()>,
            Box::new(move || assert_eq!(block_on(creating.create(ID, &entry(&[term()]))).unwrap(), Created::Created)),
            Box::new(move || drop(block_on(beside.create(NEIGHBOUR, &entry(&[]))))),
        ]);
        assert_eq!(found(&store), [ID]);
        assert_eq!(store.statistics().sessions, 2);
    });
}
