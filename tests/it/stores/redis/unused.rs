//! Connections that died while nobody used them.

use std::time::Duration;

use scs::{
    conformance::Harness as _,
    store::{Admission, Created, Deleted, Index as _, Iterate as _, Limit as _, Store as _, Updated},
};
use scs_stores::RedisStore;
use tokio::runtime::Runtime;

use super::{Redis, entry, entry_under, id, term};
use crate::support::{MINUTE, Probe, RedisCluster, RedisServer};

/// Every call of a store, each of them after the connections have died and some time has passed.
async fn every_call_finds_another_connection(store: &RedisStore, die: impl Fn()) {
    let pause = async || {
        die();
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    for _ in 0..3 {
        let (id, other, term, one) = (id(), id(), term(), entry());
        pause().await;
        assert_eq!(store.create(id, &one).await.unwrap(), Created::Created);
        pause().await;
        assert!(store.load(id).await.unwrap().is_some());
        let two = entry_under(&[term], &[]);
        pause().await;
        assert_eq!(store.update(id, one.revision(), &two).await.unwrap(), Updated::Updated);
        pause().await;
        let three = entry().with_unchanged_terms(vec![term]);
        assert_eq!(store.update(id, two.revision(), &three).await.unwrap(), Updated::Updated);
        pause().await;
        store.touch(id, three.revision(), 2 * MINUTE).await.unwrap();
        pause().await;
        assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
        pause().await;
        assert_eq!(store.admit(term, id, 1, MINUTE).await.unwrap(), Admission::Admitted);
        pause().await;
        assert_eq!(store.create(other, &entry_under(&[term], &[])).await.unwrap(), Created::Created);
        pause().await;
        store.forget(term, other).await.unwrap();
        pause().await;
        let _ = store.page(None, 10).await.unwrap();
        pause().await;
        assert_eq!(store.delete_at(id, three.revision()).await.unwrap(), Deleted::Deleted);
        pause().await;
        assert!(store.delete_under(term, other).await.unwrap());
        pause().await;
        assert!(!store.delete(id).await.unwrap());
    }
}

fn end_connections(port: u16) {
    let mut probe = Probe::try_connect(port).unwrap();
    probe.ask("CLIENT KILL TYPE normal SKIPME yes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn connections_to_redis_that_died_unused_are_replaced_unnoticed() {
    let server = RedisServer::start(&[]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    every_call_finds_another_connection(&store, || end_connections(server.port)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn and_so_are_those_that_wait_for_replicas() {
    let server = RedisServer::start(&["--repl-diskless-sync-delay", "0"]);
    let replica = RedisServer::start(&["--replicaof", &format!("127.0.0.1 {}", server.port)]);
    crate::support::wait_until("the replica is in", || server.ask("INFO replication").contains("state=online"));
    let store = RedisStore::builder(server.url()).wait_for_replicas(1).connect().await.unwrap();
    every_call_finds_another_connection(&store, || end_connections(server.port)).await;
    drop(replica);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn connections_to_a_cluster_that_died_unused_are_replaced_unnoticed() {
    let cluster = RedisCluster::start(60_000);
    let store = RedisStore::connect(cluster.url()).await.unwrap();
    let ports: Vec<_> = cluster.nodes.iter().map(|node| node.port).collect();
    every_call_finds_another_connection(&store, || ports.iter().for_each(|port| end_connections(*port))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_that_was_restarted_while_nobody_asked_is_found_by_the_first_call() {
    let mut server = RedisServer::start(&[]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    for _ in 0..3 {
        server.kill();
        server.start_again();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(store.create(id(), &entry_under(&[term()], &[])).await.unwrap(), Created::Created);
    }
}

/// A static store of tests, each of which has a runtime of its own.
#[test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
fn a_store_goes_on_in_another_runtime_than_it_was_opened_in() {
    let store = Runtime::new().unwrap().block_on(Redis("SCS_REDIS_URL").store());
    for _ in 0..3 {
        let created = Runtime::new().unwrap().block_on(store.create(id(), &entry_under(&[term()], &[])));
        assert_eq!(created.unwrap(), Created::Created);
    }
}
