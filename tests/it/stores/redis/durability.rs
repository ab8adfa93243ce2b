//! What a crash leaves, and what replicas have.

use std::time::Instant;

use scs::store::{Store as _, StoreErrorKind};
use scs_stores::RedisStore;

use super::{AT_ONCE, entry, id, store_on, words};
use crate::support::{MINUTE, RedisServer, SECOND, wait_until};

/// A primary with a replica that has what it has.
fn pair() -> (RedisServer, RedisServer) {
    let primary = RedisServer::start(&["--repl-diskless-sync-delay", "0"]);
    let replica = RedisServer::start(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    wait_until("the replica is in", || replica.ask("INFO replication").contains("master_link_status:up"));
    (primary, replica)
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_logout_survives_a_crash_with_a_log_that_is_always_written() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    for _ in 0..5 {
        let store = store_on(&server).await;
        let (signed_out, staying) = (id(), id());
        let _ = store.create(signed_out, &entry()).await.unwrap();
        let _ = store.create(staying, &entry()).await.unwrap();
        assert!(store.delete(signed_out).await.unwrap());
        server.kill();
        server.start_again();
        let store = store_on(&server).await;
        assert!(store.load(signed_out).await.unwrap().is_none());
        assert!(store.load(staying).await.unwrap().is_some());
    }
}

/// The honest half of the documentation: this is what it warns of.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_that_only_takes_snapshots_brings_back_who_signed_out_since() {
    let mut server = RedisServer::start(&["--appendonly", "no"]);
    let store = store_on(&server).await;
    let id = id();
    let _ = store.create(id, &entry()).await.unwrap();
    server.ask("SAVE");
    assert!(store.delete(id).await.unwrap());
    server.kill();
    server.start_again();
    assert!(store_on(&server).await.load(id).await.unwrap().is_some());
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_that_keeps_nothing_on_disk_forgets_everyone_when_it_is_killed() {
    let mut server = RedisServer::start(&["--appendonly", "no"]);
    let id = id();
    let _ = store_on(&server).await.create(id, &entry()).await.unwrap();
    server.kill();
    server.start_again();
    assert!(store_on(&server).await.load(id).await.unwrap().is_none());
}

/// The replica takes over while its primary, cut off from it, still acknowledges.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_failover_brings_back_whose_logout_was_on_no_replica() {
    let (former, new) = pair();
    let store = store_on(&former).await;
    let id = id();
    let _ = store.create(id, &entry()).await.unwrap();
    wait_until("the replica has it", || new.ask("DBSIZE") == "1");
    new.ask("REPLICAOF NO ONE");
    assert!(store.delete(id).await.unwrap());
    former.ask(&format!("REPLICAOF 127.0.0.1 {}", new.port));
    assert!(store_on(&new).await.load(id).await.unwrap().is_some());
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_logout_that_waits_for_a_replica_is_on_it() {
    let (primary, replica) = pair();
    // A machine that is busy may take its time.
    let store = RedisStore::builder(primary.url()).wait_for_replicas(1).response_timeout(MINUTE);
    let store = store.connect().await.unwrap();
    for _ in 0..50 {
        let id = id();
        let _ = store.create(id, &entry().with_full_durability()).await.unwrap();
        assert_eq!(replica.ask(&format!("EXISTS scs:s:{id}")), "1");
        assert!(store.delete(id).await.unwrap());
        assert_eq!(replica.ask(&format!("EXISTS scs:s:{id}")), "0");
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_logout_that_no_replica_has_is_an_error_and_holds_nobody_up() {
    let (primary, mut replica) = pair();
    let store = RedisStore::builder(primary.url()).wait_for_replicas(1).connect().await.unwrap();
    let (leaving, other) = (id(), id());
    let _ = store.create(leaving, &entry()).await.unwrap();
    let _ = store.create(other, &entry()).await.unwrap();
    replica.kill();
    let (started, leave) = (Instant::now(), store.delete(leaving));
    let others = async {
        for _ in 0..20 {
            let asked = Instant::now();
            assert!(store.load(other).await.unwrap().is_some());
            assert!(asked.elapsed() < AT_ONCE, "others wait for the replica: {:?}", asked.elapsed());
            tokio::time::sleep(AT_ONCE / 20).await;
        }
    };
    let (left, ()) = tokio::join!(leave, others);
    let error = left.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{}", words(&error));
    assert!(error.to_string().contains("0 of 1 replicas"), "{}", words(&error));
    assert!(started.elapsed() < SECOND);
    assert!(store.load(leaving).await.unwrap().is_none(), "the primary has it");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn logouts_that_wait_for_a_replica_wait_side_by_side() {
    let (primary, mut replica) = pair();
    let store = RedisStore::builder(primary.url()).wait_for_replicas(1).connect().await.unwrap();
    let ids: Vec<_> = std::iter::repeat_with(id).take(8).collect();
    for &id in &ids {
        let _ = store.create(id, &entry()).await.unwrap();
    }
    replica.kill();
    let started = Instant::now();
    for left in futures_util::future::join_all(ids.iter().map(|id| store.delete(*id))).await {
        let error = left.unwrap_err();
        assert!(error.to_string().contains("0 of 1 replicas"), "{}", words(&error));
    }
    assert!(started.elapsed() < SECOND, "one after the other: {:?}", started.elapsed());
}
