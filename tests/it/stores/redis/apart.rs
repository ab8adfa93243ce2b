//! Records and what they are found under: written together on one server, apart in a cluster.

use scs::{
    conformance::Harness as _,
    store::{Admission, Index as _, Limit as _, Store as _, Updated},
};
use scs_stores::RedisStore;

use super::{Redis, entry, entry_under, id, term, url};
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

async fn who_came_first_stays_first(store: RedisStore) {
    let (first, second, term) = (id(), id(), term());
    let one = entry_under(&[term], &[]);
    let _ = store.create(first, &one).await.unwrap();
    let _ = store.create(second, &entry_under(&[term], &[])).await.unwrap();
    let again = entry_under(&[term], &[]).with_lifetime(HOUR);
    assert_eq!(store.update(first, one.revision(), &again).await.unwrap(), Updated::Updated);
    assert_eq!(store.admit(term, second, 2, MINUTE).await.unwrap(), Admission::Admitted);
    let full = store.admit(term, id(), 2, MINUTE).await.unwrap();
    assert_eq!(full, Admission::Full(vec![first, second]));
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

/// Removes, as the framework does, whatever is found without a record.
async fn clean_up_until<T>(store: &RedisStore, term: scs::store::Term, done: impl Future<Output = T>) -> T {
    let clean_up = async {
        loop {
            for id in store.find(term, None, 10).await.unwrap().items {
                if store.load(id).await.unwrap().is_none() {
                    store.forget(term, id).await.unwrap();
                }
            }
        }
    };
    tokio::select! {
        done = done => done,
        () = clean_up => unreachable!("it never ends"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_login_that_races_a_clean_up_is_found_in_a_cluster() {
    let store = CLUSTER.store().await;
    for round in 0..400 {
        let (id, term, one) = (id(), term(), entry());
        let two = entry_under(&[term], &[]);
        match round % 2 {
            0 => drop(clean_up_until(&store, term, store.create(id, &two)).await.unwrap()),
            _ => {
                let _ = store.create(id, &one).await.unwrap();
                let updated = clean_up_until(&store, term, store.update(id, one.revision(), &two)).await.unwrap();
                assert_eq!(updated, Updated::Updated);
            }
        }
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id], "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn who_drops_a_term_takes_it_from_nobody_who_gains_it_in_a_cluster() {
    let store = CLUSTER.store().await;
    for round in 0..400 {
        let (id, term) = (id(), term());
        let (one, two, three) = (entry_under(&[term], &[]), entry_under(&[], &[term]), entry_under(&[term], &[]));
        let _ = store.create(id, &one).await.unwrap();
        let gain = async {
            // It can only succeed after the other has written, and often does before the other has removed its posting.
            while store.update(id, two.revision(), &three).await.unwrap() != Updated::Updated {}
        };
        let (dropped, ()) = tokio::join!(store.update(id, one.revision(), &two), gain);
        assert_eq!(dropped.unwrap(), Updated::Updated);
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id], "round {round}");
    }
}

#[tokio::test]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn nodes_that_forgot_the_scripts_are_told_them_again() {
    let store = CLUSTER.store().await;
    for _ in 0..10 {
        for node in url("SCS_REDIS_CLUSTER_URL").trim_start_matches("redis+cluster://").split(',') {
            let (_, port) = node.rsplit_once(':').unwrap();
            Probe::try_connect(port.parse().unwrap()).unwrap().ask("SCRIPT FLUSH");
        }
        let (id, term, one) = (id(), term(), entry());
        let _ = store.create(id, &one).await.unwrap();
        let _ = store.update(id, one.revision(), &entry_under(&[term], &[])).await.unwrap();
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
        assert!(store.delete(id).await.unwrap());
        assert_eq!(store.find(term, None, 10).await.unwrap().items, []);
    }
}
