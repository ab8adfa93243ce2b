//! Records and what they are found under: written together on one server, apart in a cluster.

use std::{
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::poll;
use scs::{
    conformance::Harness as _,
    store::{Admission, Created, Entry, Index as _, Limit as _, Store as _, Term, Updated},
};
use scs_stores::RedisStore;

use super::{Redis, entry, entry_under, id, prefix, term, url};
use crate::support::{HOUR, MINUTE, Probe};

const SERVER: Redis = Redis("SCS_REDIS_URL");
const CLUSTER: Redis = Redis("SCS_REDIS_CLUSTER_URL");

async fn a_live_record_is_never_forgotten(store: RedisStore) {
    let (id, term) = (id(), term());
    let _ = store.create(id, &entry_under(&[term], &[])).await.unwrap();
    store.forget(term, id).await.unwrap();
    assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_live_record_is_never_forgotten_on_a_server() {
    a_live_record_is_never_forgotten(SERVER.store().await).await;
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_live_record_is_never_forgotten_in_a_cluster() {
    a_live_record_is_never_forgotten(CLUSTER.store().await).await;
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_write_into_a_record_that_is_gone_takes_no_place_under_its_terms() {
    let (store, id, term) = (CLUSTER.store().await, id(), term());
    let late = entry_under(&[term], &[]);
    assert_eq!(store.update(id, entry().revision(), &late).await.unwrap(), Updated::Gone);
    assert_eq!(store.find(term, None, 10).await.unwrap().items, []);
}

async fn who_came_first_stays_first(store: RedisStore) {
    let (first, second, term) = (id(), id(), term());
    let one = entry_under(&[term], &[]);
    let _ = store.create(first, &one).await.unwrap();
    let _ = store.create(second, &entry_under(&[term], &[])).await.unwrap();
    assert_eq!(store.admit(term, second, 2, MINUTE).await.unwrap(), Admission::Admitted);
    let again = entry_under(&[term], &[]).with_lifetime(HOUR);
    assert_eq!(store.update(first, one.revision(), &again).await.unwrap(), Updated::Updated);
    let Admission::Full(holders) = store.admit(term, id(), 2, MINUTE).await.unwrap() else { panic!("a third of two") };
    assert_eq!(holders.iter().map(|holder| holder.id).collect::<Vec<_>>(), [first, second]);
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn who_came_first_stays_first_on_a_server() {
    who_came_first_stays_first(SERVER.store().await).await;
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn who_came_first_stays_first_in_a_cluster() {
    who_came_first_stays_first(CLUSTER.store().await).await;
}

/// The primaries of the cluster.
fn nodes() -> impl Iterator<Item = Probe> {
    let url = url("SCS_REDIS_CLUSTER_URL");
    let ports = url.trim_start_matches("redis+cluster://").split(',').map(|node| node.rsplit_once(':').unwrap().1);
    let ports: Vec<u16> = ports.map(|port| port.parse().unwrap()).collect();
    ports.into_iter().map(|port| Probe::try_connect(port).unwrap())
}

/// Lets a call go on until something has come true by it, and no further: a process that the machine then leaves waiting.
async fn stop_when<F: Future, C: Future<Output = bool>>(call: Pin<&mut F>, mut has_come_true: impl FnMut() -> C) {
    let mut call = call;
    while !has_come_true().await {
        assert!(poll!(call.as_mut()).is_pending(), "it ended before");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Removes, as the framework does, what is found without a record.
async fn clean_up(store: &RedisStore, term: Term) {
    for id in store.find(term, None, 10).await.unwrap().items {
        if store.load(id).await.unwrap().is_none_or(|found| found.payload().ends_with(b"anonymous")) {
            store.forget(term, id).await.unwrap();
        }
    }
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_login_that_races_a_clean_up_is_found_in_a_cluster() {
    let store = CLUSTER.store().await;
    let is_found = |term| {
        let store = store.clone();
        move || {
            let store = store.clone();
            async move { !store.find(term, None, 10).await.unwrap().items.is_empty() }
        }
    };
    for _ in 0..20 {
        let (id, term) = (id(), term());
        let signed_in = entry_under(&[term], &[]);
        let mut create = pin!(store.create(id, &signed_in));
        stop_when(create.as_mut(), is_found(term)).await;
        clean_up(&store, term).await;
        assert_eq!(create.await.unwrap(), Created::Created);
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id], "created");
    }
    for _ in 0..20 {
        let (id, term, anonymous) = (id(), term(), Entry::new("anonymous", MINUTE));
        let signed_in = entry_under(&[term], &[]);
        let _ = store.create(id, &anonymous).await.unwrap();
        let mut update = pin!(store.update(id, anonymous.revision(), &signed_in));
        stop_when(update.as_mut(), is_found(term)).await;
        clean_up(&store, term).await;
        assert_eq!(update.await.unwrap(), Updated::Updated);
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id], "updated");
    }
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn who_drops_a_term_takes_it_from_nobody_who_gained_it_since_in_a_cluster() {
    let store = CLUSTER.store().await;
    for _ in 0..20 {
        let (id, term) = (id(), term());
        let (one, two) = (entry_under(&[term], &[]), entry_under(&[], &[term]));
        let _ = store.create(id, &one).await.unwrap();
        let mut drops = pin!(store.update(id, one.revision(), &two));
        let is_written = || async { store.load(id).await.unwrap().unwrap().revision() == two.revision() };
        stop_when(drops.as_mut(), is_written).await;
        let three = entry_under(&[term], &[]);
        assert_eq!(store.update(id, two.revision(), &three).await.unwrap(), Updated::Updated);
        assert_eq!(drops.await.unwrap(), Updated::Updated);
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
    }
}

/// Takes every place under a term, as somebody does who looked before the record was there.
fn take_places(store: &RedisStore, term: Term) {
    let term = u128::from_be_bytes(term.to_bytes());
    let delete = format!("DEL {}t:{term:032x}", prefix(store));
    nodes().for_each(|mut node| drop(node.ask(&delete)));
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_sign_in_whose_place_is_taken_while_it_is_written_ends_in_a_cluster() {
    let store = CLUSTER.store().await;
    for _ in 0..10 {
        let (id, other, term, unlimited) = (id(), id(), term(), term());
        let signed_in = entry_under(&[unlimited, term], &[]).with_places(vec![term]);
        assert_eq!(store.admit(term, id, 1, MINUTE).await.unwrap(), Admission::Admitted);
        let mut create = pin!(store.create(id, &signed_in));
        stop_when(create.as_mut(), || async { store.load(id).await.unwrap().is_some() }).await;
        take_places(&store, term);
        assert_eq!(store.admit(term, other, 1, MINUTE).await.unwrap(), Admission::Admitted);
        assert_eq!(create.await.unwrap(), Created::NotAdmitted);
        assert!(store.load(id).await.unwrap().is_none());
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [other]);
        assert_eq!(store.find(unlimited, None, 10).await.unwrap().items, []);
    }
    for _ in 0..10 {
        let (id, term, anonymous) = (id(), term(), entry());
        let signed_in = entry_under(&[term], &[]).with_places(vec![term]);
        let _ = store.create(id, &anonymous).await.unwrap();
        assert_eq!(store.admit(term, id, 1, MINUTE).await.unwrap(), Admission::Admitted);
        let mut update = pin!(store.update(id, anonymous.revision(), &signed_in));
        let is_written = || async { store.load(id).await.unwrap().unwrap().revision() == signed_in.revision() };
        stop_when(update.as_mut(), is_written).await;
        take_places(&store, term);
        // Another write on top of it meanwhile does not save it.
        let later = entry().with_unchanged_terms(vec![term]);
        assert_eq!(store.update(id, signed_in.revision(), &later).await.unwrap(), Updated::Updated);
        assert_eq!(update.await.unwrap(), Updated::NotAdmitted);
        assert!(store.load(id).await.unwrap().is_none());
    }
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn nodes_that_forgot_the_scripts_are_told_them_again() {
    let store = CLUSTER.store().await;
    for _ in 0..10 {
        nodes().for_each(|mut node| drop(node.ask("SCRIPT FLUSH")));
        let (id, term, one) = (id(), term(), entry());
        let _ = store.create(id, &one).await.unwrap();
        let _ = store.update(id, one.revision(), &entry_under(&[term], &[])).await.unwrap();
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
        assert!(store.delete(id).await.unwrap());
        assert_eq!(store.find(term, None, 10).await.unwrap().items, []);
    }
}

/// Somebody finds the id under the term before the record has it, and forgets it there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_sign_in_that_is_dropped_is_found_if_it_is_stored_in_a_cluster() {
    let (store, mut written, mut dropped) = (CLUSTER.store().await, Vec::new(), 0);
    for round in 0..1_500_u64 {
        let (id, term, one) = (id(), term(), entry());
        let _ = store.create(id, &one).await.unwrap();
        let two = entry_under(&[term], &[]);
        let forget = async {
            for _ in 0..6 {
                store.forget(term, id).await.unwrap();
            }
        };
        let update = store.update(id, one.revision(), &two);
        let limit = Duration::from_micros(round % 100 * 20);
        let (updated, ()) = tokio::join!(tokio::time::timeout(limit, update), forget);
        dropped += usize::from(updated.is_err());
        written.push((id, term, two.revision()));
    }
    // A call that was dropped goes on by itself.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(dropped > 100, "{dropped} of 1,500 were dropped");
    for (id, term, revision) in written {
        if store.load(id).await.unwrap().is_some_and(|found| found.revision() == revision) {
            assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
        }
    }
}
