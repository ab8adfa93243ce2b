//! Several requests claim a one-time value at once, and exactly one of them gets it.

use std::ops::Range;

use futures_util::{StreamExt as _, future::join_all, stream};
use scs::{Session, SessionManager, TypedSession, store::AnyStore};

use crate::support::{MINUTE, Place, commit};

on_every_store!(claims, 100_000);

/// Sessions under way at once.
const AT_ONCE: usize = 16;

#[derive(Session)]
struct Visitor {
    #[session(flash)]
    notice: Option<u64>,
}

type Sessions = SessionManager<Visitor, AnyStore>;

async fn claims(place: &Place, rounds: Range<u64>) {
    let store = place.store().await;
    // Two managers take no turns with each other, as two processes do not.
    let processes = [(), ()].map(|()| Sessions::builder(store.clone()).store_timeout(MINUTE).build().unwrap());
    let races = stream::iter(rounds).map(|round| tokio::spawn(race(processes.clone(), round)));
    races.buffer_unordered(AT_ONCE).for_each(async |race| race.unwrap()).await;
}

/// All have read before any of them claims.
async fn race(processes: [Sessions; 2], round: u64) {
    let session = processes[0].open(None).await.unwrap();
    session.set_notice(round);
    let token = commit(&session).await;

    let claimants = if round.is_multiple_of(2) { 2 } else { 4 };
    let opening = processes.iter().cycle().take(claimants).map(|process| process.open(token.as_str()));
    let opened: Vec<_> = join_all(opening).await.into_iter().map(|opened| opened.unwrap()).collect();
    let claimed = join_all(opened.into_iter().map(|session| tokio::spawn(claim(session)))).await;
    let won: Vec<u64> = claimed.into_iter().filter_map(|claim| claim.unwrap()).collect();
    assert_eq!(won, [round], "of {claimants} claims");

    session.destroy();
    session.commit().await.unwrap();
}

async fn claim(session: TypedSession<Visitor>) -> Option<u64> {
    session.claim_notice().await.unwrap()
}
