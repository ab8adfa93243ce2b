//! A thousand requests change one session at once, and every one of them counts.

use std::ops::Range;

use futures_util::future::join_all;
use scs::{Session, SessionError, SessionManager, store::AnyStore};

use crate::support::{MINUTE, Place, commit};

on_every_store!(counters, 10);

const REQUESTS: u64 = 1_000;

#[derive(Session)]
struct Visitor {
    #[session(merge = "add")]
    hits: u64,
    visits: u64,
}

type Sessions = SessionManager<Visitor, AnyStore>;

async fn counters(place: &Place, rounds: Range<u64>) {
    // All of them want one of a few connections at once.
    let sessions = Sessions::builder(place.store().await).store_timeout(MINUTE).build().unwrap();
    for _ in rounds {
        count(&sessions).await;
    }
}

/// Half of the change is an `add`, which needs no closure, and half an `update`, which runs again.
async fn count(sessions: &Sessions) {
    let session = sessions.open(None).await.unwrap();
    session.add_hits(1);
    let token = commit(&session).await;

    let requests = (0..REQUESTS).map(|_| tokio::spawn(request(sessions.clone(), token.clone())));
    join_all(requests).await.into_iter().for_each(|request| request.unwrap());

    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.hits(), session.visits()), (REQUESTS + 1, REQUESTS));
    session.destroy();
    session.commit().await.unwrap();
}

async fn request(sessions: Sessions, token: String) {
    let session = sessions.open(token.as_str()).await.unwrap();
    session.add_hits(1);
    session.update_visits(|visits| *visits += 1);
    while let Err(error) = session.commit().await {
        // After five seconds in the queue a commit gives up, and nothing is written: behind a slow disk the last of a
        // thousand come again.
        assert!(matches!(error, SessionError::Contended { .. }), "{error:?}");
    }
}
