//! An answer that comes too late, or is not one, is nobody's: a connection on which one is due is not used again. The next one on
//! it would read that answer, or write into a transaction that nobody commits.

use std::{ops::Range, time::Duration};

use futures_util::{StreamExt as _, stream};
use scs::{Session, SessionManager, store::AnyStore};

use crate::{
    servers::on_every_server,
    support::{Place, Proxy, Weather, commit},
};

on_every_server!(unread_answers, 50_000);

/// As long as a call of the store may take.
const DEADLINE: Duration = Duration::from_millis(100);

/// As long as an answer may take; of a hundred two or three take longer than a call may.
const DELAY: Duration = Duration::from_millis(150);

/// Of so many answers one is no answer.
const GARBLED: usize = 32;

/// Visitors at once.
const AT_ONCE: usize = 16;

/// Visits of each.
const VISITS: u64 = 10;

#[derive(Session)]
struct Visitor {
    name: u64,
    visits: u64,
    /// Every other visit changes it, which takes a transaction in a database; the others take a statement.
    #[session(index)]
    pairs: u64,
}

type Sessions = SessionManager<Visitor, AnyStore>;

/// A round is a visit.
async fn unread_answers(place: &Place, rounds: Range<u64>) {
    let (proxy, url) = Proxy::before_url(&place.url, rounds.start).await;
    let store = scs_stores::open(&url).await.unwrap();
    let faulty = Sessions::builder(store).store_timeout(DEADLINE).build().unwrap();
    let clear = Sessions::new(place.store().await);
    let visitors = rounds.step_by(usize::try_from(VISITS).unwrap());
    let (late, garbled): (Vec<u64>, Vec<u64>) = visitors.partition(|name| (name / VISITS).is_multiple_of(2));
    for (weather, names) in [(Weather::Slow(DELAY), late), (Weather::Garbles(GARBLED), garbled)] {
        proxy.set(weather);
        let visitors = stream::iter(names).map(|name| tokio::spawn(visitor(faulty.clone(), clear.clone(), name)));
        let answered: Vec<u64> = visitors.buffer_unordered(AT_ONCE).map(Result::unwrap).collect().await;
        let (answered, visits) = (answered.iter().sum::<u64>(), answered.len() as u64 * VISITS);
        println!("{weather:?}: {answered} of {visits} visits were answered");
        assert!(answered > 0, "nothing is tried");
    }
}

/// Visits a session of its own, and meets nobody else's, nor an answer to what somebody else asked. Gives how many visits were
/// answered.
async fn visitor(faulty: Sessions, clear: Sessions, name: u64) -> u64 {
    let session = clear.open(None).await.unwrap();
    session.set_name(name);
    let token = commit(&session).await;
    let (mut least, mut answered) = (0, 0);
    for visit in 1..=VISITS {
        let Some(session) = opened(&faulty, &token).await else {
            tokio::time::sleep(DEADLINE / 2).await;
            continue;
        };
        assert_eq!(session.name(), name, "somebody else's session");
        assert!(session.visits() >= least, "an older answer");
        session.set_visits(visit);
        session.set_pairs(visit / 2);
        if session.commit().await.is_ok() {
            (least, answered) = (visit, answered + 1);
            assert_eq!(clear.open(&token).await.unwrap().visits(), visit, "what was acknowledged is not stored");
        }
    }
    answered
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
