//! What the store takes of the server's memory, and what happens when there is none left.

use std::time::Duration;

use scs::store::{Entry, Index as _, Limit as _, Store as _, StoreErrorKind};

use super::{entry, entry_under, id, store_on, term, words};
use crate::support::{HOUR, MINUTE, RedisServer, wait_until};

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_without_room_says_full_and_keeps_who_is_there() {
    let server = RedisServer::start(&["--maxmemory", "3mb"]);
    let store = store_on(&server).await;
    let mut kept = Vec::new();
    let error = loop {
        let id = id();
        match store.create(id, &Entry::new(vec![7; 10_000], HOUR).with_terms(vec![term()], Vec::new())).await {
            Ok(_) => kept.push(id),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), StoreErrorKind::Full, "{}", words(&error));
    assert!(error.to_string().contains("maxmemory"));
    for id in &kept {
        assert!(store.load(*id).await.unwrap().is_some(), "nobody is signed out");
    }
    let (sets, records) = (server.ask("KEYS scs:t:*").lines().count(), server.ask("KEYS scs:s:*").lines().count());
    assert_eq!((sets, records), (kept.len(), kept.len()), "nothing is half written");
    assert!(store.delete(kept[0]).await.unwrap(), "who wants to go may");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn no_key_is_without_an_end() {
    let server = RedisServer::start(&[]);
    let store = store_on(&server).await;
    let (id, term, one) = (id(), term(), entry());
    let _ = store.create(id, &one).await.unwrap();
    let two = entry_under(&[term], &[]).with_lifetime(HOUR);
    let _ = store.update(id, one.revision(), &two).await.unwrap();
    let _ = store.admit(term, super::id(), 5, MINUTE).await.unwrap();
    let _ = store.create(super::id(), &Entry::new("over at once", Duration::ZERO)).await.unwrap();
    let keys = server.ask("KEYS *");
    assert_eq!(keys.lines().count(), 2, "{keys}");
    for key in keys.lines() {
        let left: i64 = server.ask(&format!("PTTL {key}")).parse().unwrap();
        assert!((1..=3_600_000).contains(&left), "{key}: {left}");
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn an_index_ends_with_the_last_of_its_sessions() {
    let server = RedisServer::start(&[]);
    let store = store_on(&server).await;
    let shared = term();
    for millis in [50, 300, 100] {
        let entry = Entry::new("short", Duration::from_millis(millis)).with_terms(vec![shared], Vec::new());
        let _ = store.create(id(), &entry).await.unwrap();
    }
    assert_ne!(server.ask("DBSIZE"), "0");
    // The server drops what nobody asks for within a second or so.
    wait_until("nothing is left", || server.ask("DBSIZE") == "0");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn an_index_whose_longest_session_has_left_ends_with_the_next() {
    let server = RedisServer::start(&[]);
    let store = store_on(&server).await;
    let (long, shared) = (id(), term());
    let _ = store.create(long, &Entry::new("long", HOUR).with_terms(vec![shared], Vec::new())).await.unwrap();
    let short = Entry::new("short", Duration::from_millis(300)).with_terms(vec![shared], Vec::new());
    let _ = store.create(id(), &short).await.unwrap();
    store.delete(long).await.unwrap();
    wait_until("nothing is left", || server.ask("DBSIZE") == "0");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_write_to_an_index_takes_out_what_has_ended() {
    let server = RedisServer::start(&[]);
    let store = store_on(&server).await;
    let shared = term();
    for _ in 0..50 {
        let entry = Entry::new("short", Duration::from_millis(1)).with_terms(vec![shared], Vec::new());
        let _ = store.create(id(), &entry).await.unwrap();
    }
    let staying = id();
    let _ = store.create(staying, &entry_under(&[shared], &[])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let _ = store.create(id(), &entry_under(&[shared], &[])).await.unwrap();
    for set in server.ask("KEYS scs:t:*").lines() {
        assert_eq!(server.ask(&format!("ZCARD {set}")), "4", "two ids twice in {set}");
    }
    assert!(store.find(shared, None, 10).await.unwrap().items.contains(&staying));
}
