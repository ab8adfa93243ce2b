//! How many requests that change a session are answered in a second, when many are under way.

use std::time::{Duration, Instant};

use scs_benches::report::{Summary, summary};
use serde::{Deserialize, Serialize};

use crate::{http::Http, latency::ratio, settings::Settings, subject::Subject as _};

/// How many requests are under way, each on a session of its own.
pub const REQUESTS: usize = 64;

/// The rounds are longer than those of one operation at a time, and fewer.
const FEWER: usize = 3;

/// In requests per second.
#[derive(Serialize, Deserialize)]
pub struct InFlight {
    pub client: Summary,
    pub session: Summary,
    /// With sessions, as a part of what a client answers.
    pub ratio: Summary,
}

pub async fn compare(client: &Http, session: &Http, settings: &Settings) -> InFlight {
    let mut rounds: [Vec<f64>; 2] = Default::default();
    let subjects = [(client, visitors(client).await), (session, visitors(session).await)];
    for round in 0..=settings.rounds() / FEWER {
        for position in 0..subjects.len() {
            let number = (round + position) % subjects.len();
            let (subject, cookies) = &subjects[number];
            let rate = rate(subject, cookies, settings.long_turn()).await;
            rounds[number].extend((round > 0).then_some(rate));
        }
    }
    let [client, session] = &rounds;
    InFlight { client: summary(client), session: summary(session), ratio: ratio(session, client) }
}

type Cookie = axum::http::HeaderValue;

async fn visitors(subject: &Http) -> Vec<Cookie> {
    let mut cookies = Vec::new();
    for _ in 0..REQUESTS {
        cookies.push(subject.create().await);
    }
    cookies
}

async fn rate(subject: &Http, cookies: &[Cookie], time: Duration) -> f64 {
    let began = Instant::now();
    let visits = cookies.iter().map(|cookie| {
        let (subject, cookie) = (subject.clone(), cookie.clone());
        tokio::spawn(async move {
            let mut answered = 0_u32;
            while began.elapsed() < time {
                subject.change(&cookie).await;
                answered += 1;
            }
            answered
        })
    });
    let visits: Vec<_> = visits.collect();
    let mut answered = 0;
    for visit in visits {
        answered += visit.await.expect("no request fails");
    }
    f64::from(answered) / began.elapsed().as_secs_f64()
}
