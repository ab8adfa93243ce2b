//! How many requests that change a session are answered in a second, when many are under way, and what of the processor's time
//! each takes in this process: the rest is the database's.

use std::{
    fs,
    time::{Duration, Instant},
};

use scs_benches::report::{Summary, summary};
use serde::{Deserialize, Serialize};

use crate::{http::Http, latency::ratio, settings::Settings, subject::Subject as _};

/// How many requests are under way, each on a session of its own.
pub const REQUESTS: usize = 64;

/// The rounds are longer than those of one operation at a time, and so many times fewer, but never fewer than this.
const FEWER: usize = 3;

/// Ticks of the processor's time in a second, the same on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

/// In requests per second.
#[derive(Serialize, Deserialize)]
pub struct InFlight {
    pub client: Summary,
    pub session: Summary,
    /// With sessions, as a part of what a client answers.
    pub ratio: Summary,
    /// Microseconds of the processor's time that a request takes in this process.
    pub client_cpu: Summary,
    pub session_cpu: Summary,
}

#[derive(Default)]
struct Rounds {
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

pub async fn compare(client: &Http, session: &Http, settings: &Settings) -> InFlight {
    let mut rounds: [Rounds; 2] = Default::default();
    let subjects = [(client, visitors(client).await), (session, visitors(session).await)];
    for round in 0..=(settings.rounds() / FEWER).max(FEWER) {
        for position in 0..subjects.len() {
            let number = (round + position) % subjects.len();
            let (subject, cookies) = &subjects[number];
            let (rate, cpu) = rate(subject, cookies, settings.long_turn()).await;
            if round > 0 {
                rounds[number].rates.push(rate);
                rounds[number].cpu.push(cpu);
            }
        }
    }
    let [client, session] = &rounds;
    InFlight {
        client: summary(&client.rates),
        session: summary(&session.rates),
        ratio: ratio(&session.rates, &client.rates),
        client_cpu: summary(&client.cpu),
        session_cpu: summary(&session.cpu),
    }
}

type Cookie = axum::http::HeaderValue;

async fn visitors(subject: &Http) -> Vec<Cookie> {
    let mut cookies = Vec::new();
    for _ in 0..REQUESTS {
        cookies.push(subject.create().await);
    }
    cookies
}

/// Requests in a second, and microseconds of the processor's time for each.
async fn rate(subject: &Http, cookies: &[Cookie], time: Duration) -> (f64, f64) {
    let (began, cpu) = (Instant::now(), seconds_of_processor());
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
    let (answered, cpu) = (f64::from(answered), seconds_of_processor() - cpu);
    (answered / began.elapsed().as_secs_f64(), cpu * 1e6 / answered)
}

/// What this process has had.
fn seconds_of_processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let (_, after_name) = stat.rsplit_once(')').expect("the name is in brackets");
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().expect("ticks are a number")).sum::<f64>() / TICKS
}
