//! Servers that go and come back.

use std::time::Instant;

use scs::store::{Store as _, StoreErrorKind};
use scs_stores::RedisStore;

use super::{
    AT_ONCE, entry, id, store_on,
    traffic::{Came, Traffic, between, last_failure_after},
};
use crate::support::{Proxy, RedisServer, SECOND, Weather};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn while_the_server_is_down_errors_come_at_once_and_a_second_after_it_is_back_there_are_none() {
    let mut server = RedisServer::start(&["--appendonly", "yes"]);
    let store = store_on(&server).await;
    let traffic = Traffic::begin(&store, 20);
    tokio::time::sleep(SECOND / 4).await;
    for _ in 0..2 {
        server.kill();
        tokio::time::sleep(SECOND / 2).await;
        server.start_again();
        tokio::time::sleep(SECOND).await;
    }
    server.kill();
    let down = Instant::now();
    tokio::time::sleep(SECOND / 2).await;
    let started = Instant::now();
    server.start_again();
    let back = Instant::now();
    tokio::time::sleep(2 * SECOND).await;
    let visits = traffic.end().await;

    for visit in between(&visits, down, started) {
        assert_eq!(visit.outcome, Err(StoreErrorKind::Unavailable), "while it is down");
        assert!(visit.took < AT_ONCE, "an error took {:?}", visit.took);
    }
    let recovered = last_failure_after(&visits, back);
    eprintln!("recovered {recovered:?} after the server was back");
    assert!(recovered < SECOND, "{recovered:?}");
    let anew = visits.iter().filter(|visit| visit.outcome == Ok(Came::Anew)).count();
    assert!(anew <= 2 * 20, "{anew} of 20 visitors came anew, although the server keeps a log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_that_hangs_is_a_timeout_and_nothing_is_left_of_it() {
    let server = RedisServer::start(&["--enable-debug-command", "yes"]);
    let store = RedisStore::builder(server.url());
    let store = store.response_timeout(SECOND / 5).connect().await.unwrap();
    let traffic = Traffic::begin(&store, 20);
    tokio::time::sleep(SECOND / 4).await;
    server.ask("DEBUG SLEEP 1");
    let back = Instant::now();
    tokio::time::sleep(2 * SECOND).await;
    let visits = traffic.end().await;
    assert!(visits.iter().any(|visit| visit.outcome == Err(StoreErrorKind::Timeout)));
    assert!(visits.iter().all(|visit| visit.took < SECOND), "the limit is 200 ms a call");
    assert!(last_failure_after(&visits, back) < SECOND, "{:?}", last_failure_after(&visits, back));
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_silent_connection_is_left_although_every_caller_gives_up_before_the_driver_does() {
    let server = RedisServer::start(&[]);
    let (proxy, url) = Proxy::before_url(&server.url(), 0).await;
    let store = RedisStore::builder(url).response_timeout(SECOND / 5).connect().await.unwrap();
    let id = id();
    let _ = store.create(id, &entry()).await.unwrap();
    let hurried = || tokio::time::timeout(SECOND / 20, store.load(id));
    // What was lost in this connection never comes; a new one is as good as ever.
    proxy.set(Weather::Silent);
    assert!(hurried().await.is_err(), "nothing answers");
    proxy.set(Weather::Clear);
    let clear = Instant::now();
    while !matches!(hurried().await, Ok(Ok(Some(_)))) {
        assert!(clear.elapsed() < 5 * SECOND, "the silent connection is kept");
    }
}
