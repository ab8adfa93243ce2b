//! How many changes of sessions are done in a second when many are under way, and what of the processor's time each takes in
//! this process: the rest is the database's.

use std::{
    fs,
    pin::Pin,
    time::{Duration, Instant},
};

use scs_benches::report::{Summary, summary};
use serde::{Deserialize, Serialize};

use crate::{latency::ratio, settings::Settings, subject::Subject};

/// How many changes are under way, each of a session of its own.
pub const CHANGES: usize = 64;

/// Ticks of the processor's time in a second, the same on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Changes a second.
#[derive(Serialize, Deserialize)]
pub struct InFlight {
    pub client: Summary,
    #[serde(alias = "session")]
    pub ours: Summary,
    /// Ours, as a part of what a client does.
    pub ratio: Summary,
    /// Microseconds of the processor's time that a change takes in this process.
    pub client_cpu: Summary,
    #[serde(alias = "session_cpu")]
    pub our_cpu: Summary,
}

#[derive(Default)]
struct Rounds {
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

/// Changes sessions for some time, and tells how many in a second and what each took.
type Turn<'a> = Box<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = (f64, f64)> + 'a>> + 'a>;

pub async fn compare<C: Subject, S: Subject>(client: &C, ours: &S, settings: &Settings) -> InFlight {
    let mut rounds: [Rounds; 2] = Default::default();
    let turns = [turn(client).await, turn(ours).await];
    for round in 0..=settings.long_rounds() {
        for position in 0..turns.len() {
            let number = (round + position) % turns.len();
            let (rate, cpu) = turns[number](settings.long_turn()).await;
            if round > 0 {
                rounds[number].rates.push(rate);
                rounds[number].cpu.push(cpu);
            }
        }
    }
    let [client, ours] = &rounds;
    InFlight {
        client: summary(&client.rates),
        ours: summary(&ours.rates),
        ratio: ratio(&ours.rates, &client.rates),
        client_cpu: summary(&client.cpu),
        our_cpu: summary(&ours.cpu),
    }
}

async fn turn<S: Subject>(subject: &S) -> Turn<'_> {
    let mut sessions = Vec::new();
    for _ in 0..CHANGES {
        sessions.push(subject.create().await);
    }
    Box::new(move |time| Box::pin(rate(subject, sessions.clone(), time)))
}

async fn rate<S: Subject>(subject: &S, sessions: Vec<S::Session>, time: Duration) -> (f64, f64) {
    let (began, cpu) = (Instant::now(), seconds_of_processor());
    let visits = sessions.into_iter().map(|session| {
        let subject = subject.clone();
        tokio::spawn(async move {
            let mut changes = 0_u32;
            while began.elapsed() < time {
                subject.change(&session).await;
                changes += 1;
            }
            changes
        })
    });
    let visits: Vec<_> = visits.collect();
    let mut changes = 0;
    for visit in visits {
        changes += visit.await.expect("no change fails");
    }
    let (changes, cpu) = (f64::from(changes), seconds_of_processor() - cpu);
    (changes / began.elapsed().as_secs_f64(), cpu * 1e6 / changes)
}

/// What this process has had.
fn seconds_of_processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let (_, after_name) = stat.rsplit_once(')').expect("the name is in brackets");
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().expect("ticks are a number")).sum::<f64>() / TICKS
}
