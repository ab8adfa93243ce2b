//! An answer that comes too late, or is not one, is nobody's: a connection on which one is due is not used again.

use std::{ops::Range, time::Duration};

use futures_util::{StreamExt as _, stream};
use scs::{Session, SessionManager, store::AnyStore};

use crate::{
    servers::on_every_server,
    support::{Place, Proxy, Weather, commit},
};

on_every_server!(unread_answers, 100_000);

/// As long as a call of the store may take.
const DEADLINE: Duration = Duration::from_millis(20);

/// Of so many answers one is no answer.
const GARBLED: usize = 16;

/// Visitors at once.
const AT_ONCE: usize = 64;

/// Visits of each.
const VISITS: u64 = 10;

#[derive(Session)]
struct Visitor {
    name: u64,
    visits: u64,
}

type Sessions = SessionManager<Visitor, AnyStore>;

/// A round is a visit.
async fn unread_answers(place: &Place, rounds: Range<u64>) {
    let (proxy, url) = Proxy::before_url(&place.url, rounds.start).await;
    let faulty = Sessions::builder(scs_stores::open(&url).await.unwrap()).store_timeout(DEADLINE).build().unwrap();
    let clear = Sessions::new(place.store().await);
    let visitors = rounds.step_by(usize::try_from(VISITS).unwrap());
    let (late, garbled): (Vec<u64>, Vec<u64>) = visitors.partition(|name| (name / VISITS).is_multiple_of(2));
    for (weather, names) in [(Weather::Slow(3 * DEADLINE / 2), late), (Weather::Garbles(GARBLED), garbled)] {
        proxy.set(weather);
        let visitors = stream::iter(names).map(|name| tokio::spawn(visitor(faulty.clone(), clear.clone(), name)));
        visitors.buffer_unordered(AT_ONCE).for_each(async |visitor| visitor.unwrap()).await;
    }
}

/// Visits a session of its own, and meets nobody else's, nor an answer to what somebody else asked.
async fn visitor(faulty: Sessions, clear: Sessions, name: u64) {
    let session = clear.open(None).await.unwrap();
    session.set_name(name);
    let token = commit(&session).await;
    let mut least = 0;
    for visit in 1..=VISITS {
        let Some(session) = opened(&faulty, &token).await else { continue };
        assert_eq!(session.name(), name, "somebody else's session");
        assert!(session.visits() >= least, "an older answer");
        session.set_visits(visit);
        if session.commit().await.is_ok() {
            least = visit;
            assert_eq!(clear.open(&token).await.unwrap().visits(), visit, "somebody else's acknowledgement");
        }
    }
}

/// The visitor's session, unless the store failed: an error of the store is all that may happen to it.
async fn opened(sessions: &Sessions, token: &str) -> Option<scs::TypedSession<Visitor>> {
    match sessions.open(token).await {
        Ok(session) => {
            assert!(!session.is_new(), "the session is gone");
            Some(session)
        }
        Err(error) => {
            assert!(error.is_transient(), "{error:?}");
            None
        }
    }
}
