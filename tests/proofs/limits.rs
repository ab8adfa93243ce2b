//! Fifty sign-ins to one account at once, in two processes, and as many sessions as are allowed.

use std::ops::Range;

use futures_util::future::join_all;
use scs::{Session, SessionError, SessionManager, store::AnyStore};

use crate::support::Place;

on_every_store!(limits, 100);

const SIGN_INS: usize = 50;
const MAX: usize = 3;

/// Whoever comes later ends the session of who came first.
#[derive(Session)]
struct Visitor {
    #[session(index(max = 3), renews)]
    account: Option<u64>,
}

/// Whoever comes later is refused.
#[derive(Session)]
struct Member {
    #[session(index(max = 3, over = "reject"), renews)]
    account: Option<u64>,
}

async fn limits(place: &Place, rounds: Range<u64>) {
    let store = place.store().await;
    for round in rounds {
        the_oldest_end(&store, round).await;
        the_latest_are_refused(&store, round).await;
    }
}

async fn the_oldest_end(store: &AnyStore, account: u64) {
    let processes = [(); 2].map(|()| SessionManager::<Visitor, _>::new(store.clone()));
    let sign_ins = (0..SIGN_INS).map(|number| {
        let sessions = processes[number % 2].clone();
        tokio::spawn(async move {
            let session = sessions.open(None).await.unwrap();
            session.set_account(account);
            session.commit().await.unwrap();
        })
    });
    join_all(sign_ins).await.into_iter().for_each(Result::unwrap);
    assert_eq!(processes[0].find(Visitor::by_account(account)).await.unwrap().len(), MAX);
    assert_eq!(processes[1].revoke_all(Visitor::by_account(account)).await.unwrap(), MAX as u64);
}

async fn the_latest_are_refused(store: &AnyStore, account: u64) {
    let processes = [(); 2].map(|()| SessionManager::<Member, _>::new(store.clone()));
    let sign_ins = (0..SIGN_INS).map(|number| {
        let sessions = processes[number % 2].clone();
        tokio::spawn(async move {
            let session = sessions.open(None).await.unwrap();
            session.set_account(account);
            match session.commit().await {
                Ok(_) => true,
                Err(SessionError::LimitReached { .. }) => false,
                Err(other) => panic!("{other:?}"),
            }
        })
    });
    let answers = join_all(sign_ins).await.into_iter().map(Result::unwrap);
    assert_eq!(answers.filter(|is_let_in| *is_let_in).count(), MAX);
    assert_eq!(processes[0].find(Member::by_account(account)).await.unwrap().len(), MAX);
    assert_eq!(processes[1].revoke_all(Member::by_account(account)).await.unwrap(), MAX as u64);
}
