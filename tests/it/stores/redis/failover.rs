//! Primaries that are no longer primary.

use std::time::{Duration, Instant};

use scs::{
    SessionId,
    store::{Entry, Store as _, StoreErrorKind},
};
use scs_stores::RedisStore;

use super::{
    entry, id,
    traffic::{Traffic, last_failure_after},
    words,
};
use crate::support::{HOUR, Probe, Proxy, RedisCluster, RedisServer, SECOND, wait_until};

fn replica_of(primary: &RedisServer) -> RedisServer {
    let replica = RedisServer::start(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    wait_until("the replica is in", || replica.ask("INFO replication").contains("master_link_status:up"));
    replica
}

fn is_primary(server: &RedisServer) -> bool {
    Probe::try_connect(server.port).and_then(|mut it| it.try_ask("ROLE")).is_some_and(|role| role.starts_with("master"))
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_demoted_primary_is_left_although_its_connection_is_open() {
    let former = RedisServer::start(&["--repl-diskless-sync-delay", "0"]);
    let new = replica_of(&former);
    let (proxy, url) = Proxy::before_url(&former.url(), 0).await;
    let store = RedisStore::connect(url).await.unwrap();
    let (id, mut last) = (id(), entry());
    let _ = store.create(id, &last).await.unwrap();

    wait_until("the replica has it", || new.ask("DBSIZE") == "1");
    new.ask("REPLICAOF NO ONE");
    former.ask(&format!("REPLICAOF 127.0.0.1 {}", new.port));
    proxy.lead_to(new.port);
    let accepts = Instant::now();
    loop {
        let next = entry();
        match store.update(id, last.revision(), &next).await {
            Ok(updated) => {
                assert_eq!(updated, scs::store::Updated::Updated);
                last = next;
                break;
            }
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{}", words(&error)),
        }
        assert!(accepts.elapsed() < 2 * SECOND, "still at the former primary");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    eprintln!("wrote again after {:?}", accepts.elapsed());
    assert_eq!(store.load(id).await.unwrap().unwrap().revision(), last.revision());
    assert!(new.ask(&format!("GETRANGE scs:s:{id} 10 -1")).ends_with("state"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_sentinel), ignore = "set SCS_REDIS_SENTINEL_URL")]
async fn when_the_sentinels_name_a_new_primary_the_store_writes_to_it_within_two_seconds() {
    let mut former = RedisServer::start(&["--repl-diskless-sync-delay", "0"]);
    let new = replica_of(&former);
    let sentinels: Vec<_> = (0..3).map(|_| RedisServer::sentinel("sessions", former.port)).collect();
    for sentinel in &sentinels {
        wait_until("the sentinels know each other", || {
            let seen = sentinel.ask("SENTINEL master sessions");
            seen.contains("num-slaves\n1") && seen.contains("num-other-sentinels\n2")
        });
    }
    let ports: Vec<_> = sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
    let store = RedisStore::connect(format!("redis+sentinel://{}/sessions", ports.join(","))).await.unwrap();
    let traffic = Traffic::begin(&store, 10);
    let sign_outs = tokio::spawn(sign_out_until_it_fails(store.clone()));
    tokio::time::sleep(SECOND / 2).await;
    former.kill();
    let signed_out = sign_outs.await.unwrap();
    wait_until("the replica is primary", || is_primary(&new));
    let accepts = Instant::now();
    tokio::time::sleep(3 * SECOND).await;
    let visits = traffic.end().await;
    let late = last_failure_after(&visits, accepts);
    eprintln!("wrote again {late:?} after the new primary accepted");
    assert!(late < 2 * SECOND, "{late:?}");

    let mut back = 0;
    for id in &signed_out {
        back += usize::from(store.load(*id).await.unwrap().is_some());
    }
    // Replication is asynchronous: this may be more than nothing, and the documentation says so.
    eprintln!("of {} acknowledged logouts the failover lost {back}", signed_out.len());
    former.start_again();
    wait_until("the former primary is a replica", || !is_primary(&former));
    let _ = store.create(id(), &entry()).await.unwrap();
}

async fn sign_out_until_it_fails(store: RedisStore) -> Vec<SessionId> {
    let mut signed_out = Vec::new();
    loop {
        let id = id();
        if store.create(id, &Entry::new("signed in", HOUR)).await.is_err() || store.delete(id).await.is_err() {
            return signed_out;
        }
        signed_out.push(id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn when_a_node_of_a_cluster_is_replaced_or_gone_the_store_writes_again_within_two_seconds() {
    let mut cluster = RedisCluster::start(1000);
    let store = RedisStore::connect(cluster.url()).await.unwrap();
    let nodes = &mut cluster.nodes;
    let traffic = Traffic::begin(&store, 10);
    tokio::time::sleep(SECOND / 2).await;
    assert_eq!(nodes[3].ask("CLUSTER FAILOVER"), "OK");
    wait_until("the replica is primary", || is_primary(&nodes[3]));
    let replaced = Instant::now();
    tokio::time::sleep(3 * SECOND).await;
    let visits = traffic.end().await;
    let late = last_failure_after(&visits, replaced);
    eprintln!("wrote again {late:?} after the replica took over");
    assert!(late < 2 * SECOND, "{late:?}");

    wait_until("the former is a replica", || nodes[3].ask("INFO replication").contains("state=online"));
    let traffic = Traffic::begin(&store, 10);
    tokio::time::sleep(SECOND / 2).await;
    nodes[3].kill();
    wait_until("the former is primary again", || is_primary(&nodes[0]));
    wait_until("it is whole again", || nodes[0].ask("CLUSTER INFO").contains("cluster_state:ok"));
    let replaced = Instant::now();
    tokio::time::sleep(3 * SECOND).await;
    let visits = traffic.end().await;
    let late = last_failure_after(&visits, replaced);
    eprintln!("wrote again {late:?} after a node died and was replaced");
    assert!(late < 2 * SECOND, "{late:?}");
}

/// As after a loss of power: nothing closes its connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_node_of_a_cluster_that_falls_silent_is_left_for_its_replica() {
    for patience in [SECOND / 2, 5 * SECOND] {
        let cluster = RedisCluster::start(1_000);
        let store = RedisStore::connect(cluster.url()).await.unwrap();
        let slots = |id: SessionId| cluster.slot(&format!("scs:s:{id}"));
        let id = std::iter::repeat_with(id).find(|id| slots(*id) <= 5460).unwrap();
        let _ = store.create(id, &entry()).await.unwrap();
        wait_until("the replica has it", || cluster.nodes[3].ask("DBSIZE") != "0");
        cluster.nodes[0].stand_still(true);
        wait_until("the replica is primary", || is_primary(&cluster.nodes[3]));
        let accepts = Instant::now();
        // Callers who give up leave it to the store to find out.
        while !matches!(tokio::time::timeout(patience, store.load(id)).await, Ok(Ok(Some(_)))) {
            assert!(accepts.elapsed() < 5 * SECOND, "still at the node that is silent");
        }
        eprintln!("read again {:?} after the replica took over, with a patience of {patience:?}", accepts.elapsed());
        cluster.nodes[0].stand_still(false);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")]
async fn a_cluster_that_was_gone_as_a_whole_is_found_again() {
    let mut cluster = RedisCluster::start(1000);
    let store = RedisStore::connect(cluster.url()).await.unwrap();
    let traffic = Traffic::begin(&store, 10);
    tokio::time::sleep(SECOND / 2).await;
    cluster.nodes.iter_mut().for_each(RedisServer::kill);
    tokio::time::sleep(SECOND / 2).await;
    cluster.nodes.iter_mut().for_each(RedisServer::start_again);
    wait_until("it is whole", || cluster.is_whole());
    let back = Instant::now();
    tokio::time::sleep(3 * SECOND).await;
    let visits = traffic.end().await;
    assert!(visits.iter().any(|visit| visit.outcome.is_err()));
    let late = last_failure_after(&visits, back);
    eprintln!("wrote again {late:?} after the cluster was back");
    assert!(late < 2 * SECOND, "{late:?}");
}
