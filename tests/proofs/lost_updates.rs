//! Two clients change different fields of one session at once, and neither change is lost.

use std::ops::Range;

use futures_util::{StreamExt as _, stream};
use scs::{Session, SessionManager, store::AnyStore};

use crate::support::{Place, commit};

on_every_store!(lost_updates, 100_000);

/// Sessions under way at once.
const AT_ONCE: usize = 16;

#[derive(Session)]
struct Visitor {
    left: u64,
    right: u64,
}

type Sessions = SessionManager<Visitor, AnyStore>;

async fn lost_updates(place: &Place, rounds: Range<u64>) {
    let sessions = Sessions::new(place.store().await);
    let pairs = stream::iter(rounds).map(|round| tokio::spawn(pair(sessions.clone(), round)));
    pairs.buffer_unordered(AT_ONCE).for_each(async |pair| pair.unwrap()).await;
}

/// Both clients have read before either writes.
async fn pair(sessions: Sessions, round: u64) {
    let session = sessions.open(None).await.unwrap();
    session.set_left(u64::MAX);
    let token = commit(&session).await;

    let [left, right] = [sessions.open(token.as_str()).await.unwrap(), sessions.open(token.as_str()).await.unwrap()];
    left.set_left(round);
    right.set_right(round + 1);
    let (left, right) =
        tokio::join!(tokio::spawn(async move { left.commit().await }), async move { right.commit().await });
    left.unwrap().unwrap();
    right.unwrap();

    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!((session.left(), session.right()), (round, round + 1));
    session.destroy();
    session.commit().await.unwrap();
}
