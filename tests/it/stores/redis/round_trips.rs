//! How often the server is asked, counted by the server.

use std::time::Duration;

use scs::{
    Session, SessionManager,
    store::{Entry, Index as _, Store as _, Updated},
};
use scs_stores::RedisStore;

use super::{entry, entry_under, id, store_on, term};
use crate::support::{HOUR, MINUTE, Probe, RedisServer, commit};

/// How many times the server was sent something during the work.
async fn round_trips(probe: &mut Probe, work: impl Future) -> u64 {
    let before = probe.statistic("stats", "total_reads_processed");
    work.await;
    // The second question is one of them.
    probe.statistic("stats", "total_reads_processed") - before - 1
}

/// A server that knows the scripts, as after the first moments.
async fn warm() -> (RedisServer, RedisStore, Probe) {
    let server = RedisServer::start(&[]);
    let store = store_on(&server).await;
    let (id, term, one) = (id(), term(), entry());
    let _ = store.create(id, &one).await.unwrap();
    let two = entry_under(&[term], &[]);
    let _ = store.update(id, one.revision(), &two).await.unwrap();
    let _ = store.update(id, two.revision(), &one).await.unwrap();
    store.touch(id, one.revision(), MINUTE).await.unwrap();
    store.delete(id).await.unwrap();
    let probe = server.probe();
    (server, store, probe)
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn every_operation_is_one_round_trip() {
    let (_server, store, mut probe) = warm().await;
    let (id, term, one) = (id(), term(), entry());
    let two = entry_under(&[term], &[]);
    assert_eq!(round_trips(&mut probe, store.create(id, &one)).await, 1, "create");
    assert_eq!(round_trips(&mut probe, store.load(id)).await, 1, "load");
    assert_eq!(round_trips(&mut probe, store.touch(id, one.revision(), MINUTE)).await, 1, "touch");
    assert_eq!(round_trips(&mut probe, store.update(id, one.revision(), &two)).await, 1, "an update that moves terms");
    assert_eq!(round_trips(&mut probe, store.delete(id)).await, 2, "delete of a record with terms");
    let _ = store.create(id, &one).await.unwrap();
    assert_eq!(round_trips(&mut probe, store.delete(id)).await, 1, "delete of a record without terms");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn an_update_with_unchanged_terms_writes_no_index() {
    let (_server, store, mut probe) = warm().await;
    let (id, term) = (id(), term());
    let one = entry_under(&[term], &[]);
    let _ = store.create(id, &one).await.unwrap();
    let index = |probe: &mut Probe| ["zadd", "zrem", "pexpireat"].map(|command| probe.calls(command));
    let before = index(&mut probe);
    let two = entry().with_unchanged_terms(vec![term]);
    let _ = store.update(id, one.revision(), &two).await.unwrap();
    assert_eq!(index(&mut probe), before);
    // The record still knows its term: nothing is forgotten.
    store.forget(term, id).await.unwrap();
    assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
    // Nor by a writer that does not know the term.
    let three = entry();
    let _ = store.update(id, two.revision(), &three).await.unwrap();
    assert_eq!(index(&mut probe), before);
    store.forget(term, id).await.unwrap();
    assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
    let _ = store.update(id, three.revision(), &entry_under(&[], &[term])).await.unwrap();
    assert_ne!(index(&mut probe), before, "one that moves terms does");
}

#[derive(Session)]
struct Visitor {
    visits: u32,
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_request_asks_once_to_load_once_more_to_change_and_never_without_a_session() {
    let (_server, store, mut probe) = warm().await;
    let sessions = SessionManager::<Visitor, _>::new(store);
    let anonymous = async {
        let session = sessions.open(None).await.unwrap();
        assert_eq!(session.visits(), 0);
        session.commit().await.unwrap();
    };
    assert_eq!(round_trips(&mut probe, anonymous).await, 0, "untouched");
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let change = async {
        let session = sessions.open(&*token).await.unwrap();
        session.update_visits(|visits| *visits += 1);
        session.commit().await.unwrap();
    };
    assert_eq!(round_trips(&mut probe, change).await, 2, "load and change");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_session_that_is_only_read_is_touched_once_per_window_of_the_throttle() {
    let (_server, store, mut probe) = warm().await;
    let sessions = SessionManager::<Visitor, _>::new(store);
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let key = format!("scs:s:{}", session.id());
    for _ in 0..3 {
        let read = async { sessions.open(&*token).await.unwrap().commit().await.unwrap() };
        assert_eq!(round_trips(&mut probe, read).await, 1, "load only");
        // Two of the thirty minutes pass.
        probe.ask(&format!("PEXPIRE {key} {}", 28 * 60_000));
        let before = probe.calls("pexpire");
        for _ in 0..10 {
            sessions.open(&*token).await.unwrap().commit().await.unwrap();
        }
        assert_eq!(probe.calls("pexpire"), before + 1);
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_server_that_forgot_the_scripts_is_told_them_again() {
    let (server, store, _) = warm().await;
    let (id, term, one) = (id(), term(), entry());
    server.ask("SCRIPT FLUSH");
    let _ = store.create(id, &one).await.unwrap();
    server.ask("SCRIPT FLUSH");
    let two = entry_under(&[term], &[]);
    let _ = store.update(id, one.revision(), &two).await.unwrap();
    server.ask("SCRIPT FLUSH");
    store.touch(id, two.revision(), HOUR).await.unwrap();
    assert!(store.load(id).await.unwrap().unwrap().ttl() > MINUTE);
    server.ask("SCRIPT FLUSH");
    assert_eq!(store.find(term, None, 10).await.unwrap().items, [id]);
    server.ask("SCRIPT FLUSH");
    assert!(store.delete(id).await.unwrap());
    assert_eq!(server.ask("DBSIZE"), "0");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn no_answer_reaches_another_request_when_calls_are_dropped() {
    let (_server, store, _) = warm().await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        let id = id();
        let _ = store.create(id, &Entry::new(id.to_string(), HOUR)).await.unwrap();
        ids.push(id);
    }
    let dropped = ids.iter().cycle().take(5000).map(|&id| {
        let store = store.clone();
        async move {
            let limit = Duration::from_micros(u64::from(id.to_bytes()[0]) * 4);
            let _ = tokio::time::timeout(limit, store.load(id)).await;
            let found = store.load(id).await.unwrap().unwrap();
            assert_eq!(**found.payload(), *id.to_string().as_bytes());
        }
    });
    let mut tasks: tokio::task::JoinSet<()> = dropped.collect();
    while let Some(joined) = tasks.join_next().await {
        joined.unwrap();
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "set SCS_REDIS_URL")]
async fn a_write_whose_caller_gave_up_is_done_whole_or_never() {
    let (_server, store, _) = warm().await;
    let mut visitors = tokio::task::JoinSet::new();
    for visitor in 0..50 {
        let store = store.clone();
        visitors.spawn(async move {
            let (id, mut last) = (id(), Entry::new(format!("{visitor}:0"), HOUR));
            let _ = store.create(id, &last).await.unwrap();
            for write in 1..50_u64 {
                let next = Entry::new(format!("{visitor}:{write}"), HOUR);
                let limit = Duration::from_micros((write * 97) % 1000);
                let _ = tokio::time::timeout(limit, store.update(id, last.revision(), &next)).await;
                let found = store.load(id).await.unwrap().unwrap();
                // A write that came after this would be a conflict with the next one.
                if found.revision() == next.revision() {
                    last = next;
                }
                assert_eq!((found.revision(), found.payload()), (last.revision(), last.payload()));
                let next = Entry::new(format!("{visitor}:{write}, answered"), HOUR);
                assert_eq!(store.update(id, last.revision(), &next).await.unwrap(), Updated::Updated);
                last = next;
            }
        });
    }
    while let Some(joined) = visitors.join_next().await {
        joined.unwrap();
    }
}
