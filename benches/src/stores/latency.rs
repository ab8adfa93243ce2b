//! How long one operation takes when nothing else is under way.
//!
//! What is compared takes turns of a few milliseconds, each time another begins, and a ratio is that of the same round: what
//! disturbs the machine for a while disturbs all of them.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use scs_benches::report::{Summary, summary};
use serde::{Deserialize, Serialize};

use crate::{
    http::Http,
    raw::Raw,
    settings::Settings,
    subject::{Operation, Subject},
};

/// In microseconds.
#[derive(Serialize, Deserialize)]
pub struct Latency {
    pub client: Summary,
    pub store: Summary,
    /// The store's, as a multiple of the client's.
    pub ratio: Summary,
    pub client_in_handler: Summary,
    pub session: Summary,
    /// The request's with a session, as a multiple of that with a client.
    pub session_ratio: Summary,
}

/// Everything that is compared.
pub struct Subjects<R, S> {
    pub client: R,
    pub store: S,
    pub client_in_handler: Http,
    pub session: Http,
}

type Turn<'a> = Box<dyn FnMut(Duration) -> Pin<Box<dyn Future<Output = f64> + 'a>> + 'a>;

pub async fn compare<R: Raw, S: Subject>(
    subjects: &Subjects<R, S>,
    operation: Operation,
    settings: &Settings,
) -> Latency {
    let mut turns = [
        turn(&subjects.client, operation).await,
        turn(&subjects.store, operation).await,
        turn(&subjects.client_in_handler, operation).await,
        turn(&subjects.session, operation).await,
    ];
    let mut rounds: [Vec<f64>; 4] = Default::default();
    for round in 0..=settings.rounds() {
        for position in 0..turns.len() {
            let subject = (round + position) % turns.len();
            let median = turns[subject](settings.turn()).await;
            // The first round warms up.
            rounds[subject].extend((round > 0).then_some(median));
        }
    }
    let [client, store, client_in_handler, session] = &rounds;
    Latency {
        client: summary(client),
        store: summary(store),
        ratio: ratio(store, client),
        client_in_handler: summary(client_in_handler),
        session: summary(session),
        session_ratio: ratio(session, client_in_handler),
    }
}

/// Of rounds, each by itself.
pub fn ratio(ours: &[f64], theirs: &[f64]) -> Summary {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    summary(&ratios)
}

/// Does one thing for some time, on a session of its own, and tells the median time of once.
async fn turn<S: Subject>(subject: &S, operation: Operation) -> Turn<'_> {
    let session = subject.create().await;
    Box::new(move |time| {
        let session = session.clone();
        Box::pin(async move {
            let (end, mut times) = (Instant::now() + time, Vec::new());
            while Instant::now() < end {
                let began = Instant::now();
                operation.of(subject, &session).await;
                times.push(began.elapsed().as_secs_f64() * 1e6);
            }
            summary(&times).median
        })
    })
}
