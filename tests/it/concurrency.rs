//! Nothing lost and nothing revived, with real parallelism.

use std::{sync::mpsc, thread};

use scs::{Session, SessionManager};

use crate::support::{HOUR, SECOND, TestStore, commit};

#[derive(Session)]
struct Visitor {
    left: u32,
    right: u32,
    #[session(merge = "add")]
    hits: u64,
    visits: u64,
    note: Option<String>,
    #[session(skip)]
    steps: u32,
}

type Sessions = SessionManager<Visitor, TestStore>;

async fn stored() -> (Sessions, TestStore, String) {
    let store = TestStore::new();
    let sessions = Sessions::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_hits(0);
    let token = commit(&session).await;
    (sessions, store, token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_requests_on_different_fields_lose_nothing_in_a_thousand_rounds() {
    let (sessions, _, token) = stored().await;
    for round in 1..=1000 {
        let [left, right] = [true, false].map(|is_left| {
            let (sessions, token) = (sessions.clone(), token.clone());
            tokio::spawn(async move {
                let session = sessions.open(token.as_str()).await.unwrap();
                if is_left {
                    session.set_left(round);
                } else {
                    session.set_right(round);
                }
                session.commit().await.unwrap();
            })
        });
        left.await.unwrap();
        right.await.unwrap();
        let session = sessions.open(token.as_str()).await.unwrap();
        assert_eq!((session.left(), session.right()), (round, round));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_logout_against_a_slow_writer_is_final_in_a_thousand_rounds() {
    for _ in 0..1000 {
        let (sessions, store, token) = stored().await;
        let [writer, leaver] =
            [sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap()];
        let writing = tokio::spawn(async move {
            writer.set_left(1);
            let _ = writer.commit().await;
        });
        let leaving = tokio::spawn(async move {
            leaver.destroy();
            leaver.commit().await.unwrap();
        });
        writing.await.unwrap();
        leaving.await.unwrap();
        assert_eq!(store.inner.statistics().sessions, 0);
        assert!(sessions.open(token.as_str()).await.unwrap().is_new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_concurrent_additions_and_updates_all_count() {
    let (sessions, _, token) = stored().await;
    let requests = (0..1000).map(|_| {
        let (sessions, token) = (sessions.clone(), token.clone());
        tokio::spawn(async move {
            let session = sessions.open(token.as_str()).await.unwrap();
            session.add_hits(1);
            session.update_visits(|visits| *visits += 1);
            session.commit().await.unwrap();
        })
    });
    for request in futures_util::future::join_all(requests).await {
        request.unwrap();
    }
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.hits(), session.visits()), (1000, 1000));
}

/// Waits inside of a closure, in its first run, until it was overtaken.
type Pause = Box<dyn FnMut() + Send>;

/// Runs a closure on another thread that takes so long that this one overtakes it.
fn overtake(slow: impl FnOnce(Pause) + Send + 'static, overtaking: impl FnOnce()) {
    let (begin, running) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let slow = thread::spawn(move || {
        slow(Box::new(move || {
            let _ = begin.send(());
            let _ = ended.recv();
        }));
    });
    running.recv().unwrap();
    overtaking();
    drop(end);
    slow.join().unwrap();
}

#[tokio::test]
async fn a_closure_that_is_overtaken_runs_again_and_loses_nothing() {
    let (sessions, _, token) = stored().await;
    let session = sessions.open(token.as_str()).await.unwrap();
    let clone = session.clone();
    let slow = move |mut pause: Pause| {
        clone.update_visits(move |visits| {
            pause();
            *visits += 1;
        });
    };
    overtake(slow, || session.update_visits(|visits| *visits += 10));
    assert_eq!(session.visits(), 11);
    session.commit().await.unwrap();
    assert_eq!(sessions.open(token.as_str()).await.unwrap().visits(), 11);
}

#[tokio::test]
async fn a_closure_on_a_skipped_field_that_is_overtaken_loses_nothing_either() {
    let (sessions, _, _) = stored().await;
    let session = sessions.open(None).await.unwrap();
    let clone = session.clone();
    let slow = move |mut pause: Pause| {
        clone.update_steps(move |steps| {
            pause();
            *steps += 1;
        });
    };
    overtake(slow, || session.update_steps(|steps| *steps += 10));
    assert_eq!(session.steps(), 11);
}

#[tokio::test]
async fn a_closure_that_a_logout_overtakes_brings_nothing_into_the_next_session() {
    let (sessions, store, token) = stored().await;
    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_note("of Ann");
    session.commit().await.unwrap();
    let clone = session.clone();
    let slow = move |mut pause: Pause| {
        clone.update_note(move |note| {
            pause();
            *note = note.take().map(|note| note + "!");
        });
    };
    overtake(slow, || session.destroy());
    assert_eq!(session.note(), None);
    session.commit().await.unwrap();
    assert_eq!(store.inner.statistics().sessions, 0);
}

/// Thousands of requests of one session take turns; each has half a minute to get one.
#[tokio::test(start_paused = true)]
async fn a_commit_waits_half_a_minute_for_its_turn_and_no_longer() {
    for (seconds, is_saved) in [(29, true), (31, false)] {
        let store = TestStore::new();
        let sessions = SessionManager::<Visitor, _>::builder(store.clone()).store_timeout(HOUR).build().unwrap();
        let session = sessions.open(None).await.unwrap();
        session.set_visits(1);
        let token = commit(&session).await;
        let (first, second) = (sessions.open(&token).await.unwrap(), sessions.open(&token).await.unwrap());
        session.set_visits(2);
        session.commit().await.unwrap();
        store.take_calls();
        // It meets a conflict, and has the turn from then on.
        first.update_visits(|visits| *visits += 1);
        store.delay_next("load");
        let first = tokio::spawn(async move { first.commit().await });
        store.reached("load").await;
        second.update_visits(|visits| *visits += 1);
        let second = tokio::spawn(async move { second.commit().await });
        tokio::time::sleep(SECOND * seconds).await;
        store.release();
        first.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap().is_ok(), is_saved, "{seconds} seconds");
    }
}
