//! Two tabs with a hundred requests each, at the moment in which the token is renewed on its own: one new token, and
//! nobody is logged out.

use std::{ops::Range, sync::Arc, time::Duration};

use futures_util::future::join_all;
use scs::{Clock as _, ManualClock, Outcome, Session, SessionManager, SystemClock, store::AnyStore};

use crate::support::{Place, commit, record_token};

on_every_store!(rotation, 100);

const REQUESTS: u64 = 200;
const PERIOD: Duration = Duration::from_mins(1);

#[derive(Session)]
struct Visitor {
    visits: u64,
    #[session(merge = "add")]
    hits: u64,
}

type Sessions = SessionManager<Visitor, AnyStore>;

/// When a token is due is the application's to say, whose clock moves here; the store's goes on as ever.
async fn rotation(place: &Place, rounds: Range<u64>) {
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let sessions = Sessions::builder(place.store().await)
        .clock(clock.clone())
        .idle_timeout(Duration::from_hours(24))
        .renew_every(PERIOD)
        .build()
        .unwrap();
    for _ in rounds {
        one_renewal(&sessions, &clock).await;
    }
}

async fn one_renewal(sessions: &Sessions, clock: &ManualClock) {
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let old = commit(&session).await;
    clock.advance(PERIOD);

    let requests = (0..REQUESTS).map(|number| tokio::spawn(request(sessions.clone(), old.clone(), number)));
    let answers = join_all(requests).await.into_iter().map(Result::unwrap);
    let tokens: Vec<String> = answers.flatten().collect();
    let [new] = &tokens[..] else { panic!("{} new tokens", tokens.len()) };

    let session = sessions.open(new.as_str()).await.unwrap();
    assert_eq!((session.outcome(), session.hits()), (Outcome::Loaded, REQUESTS / 2));
    session.destroy();
    session.commit().await.unwrap();
}

/// Every other one reads only. The new token, if this is the request that gets it.
async fn request(sessions: Sessions, token: String, number: u64) -> Option<String> {
    let session = sessions.open(token.as_str()).await.unwrap();
    assert_eq!(session.outcome(), Outcome::Loaded, "nobody is logged out");
    if number.is_multiple_of(2) {
        session.add_hits(1);
    }
    let committed = session.commit().await.unwrap();
    committed.token().map(|token| record_token(&token.expose()))
}
