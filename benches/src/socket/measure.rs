//! Interleaved rounds, each checked.

use std::{error::Error, net::SocketAddr};

use scs_benches::{
    subjects::Subject,
    workload::{PLAIN_COOKIE, START, Scenario},
};

use crate::{
    Effort, Round,
    client::get,
    server::Server,
    wrk::{Script, run},
};

const CONNECTIONS: [usize; 3] = [2, 16, 64];
/// More than there are connections, so that a session has one request at a time.
const SESSIONS: usize = 1_000;

pub(crate) fn measure(
    subjects: &[&'static Subject],
    scenario: &Scenario,
    effort: &Effort,
) -> Result<Vec<Round>, Box<dyn Error>> {
    let mut rounds = Vec::new();
    for round in 0..effort.rounds {
        for subject in subjects.iter().filter(|subject| subject.serve.is_some()) {
            eprintln!("round {} of {}: {}", round + 1, effort.rounds, subject.name);
            rounds.extend(one(subject, scenario, effort)?);
        }
    }
    Ok(rounds)
}

/// A server of its own for each round, so that none inherits a state of memory.
fn one(subject: &Subject, scenario: &Scenario, effort: &Effort) -> Result<Vec<Round>, Box<dyn Error>> {
    let server = Server::start(subject.name, scenario)?;
    let cookies = prepare(server.address)?;
    let script = Script::of(&cookies)?;
    let mut rounds = Vec::new();
    let mut requests = 0;
    for connections in CONNECTIONS {
        let load = run(server.address, &script, connections, effort.time)?;
        requests += load.requests;
        rounds.push(Round {
            subject: subject.name.to_owned(),
            baseline: subject.baseline.to_owned(),
            connections,
            requests_per_second: load.requests_per_second,
            microseconds_median: load.microseconds_median,
            microseconds_99: load.microseconds_99,
        });
    }
    if scenario.case.counts() && cookies[0] != PLAIN_COOKIE {
        check(server.address, &cookies, requests)?;
    }
    Ok(rounds)
}

fn prepare(address: SocketAddr) -> Result<Vec<String>, Box<dyn Error>> {
    let mut cookies = Vec::new();
    for _ in 0..SESSIONS {
        cookies.push(get(address, "/prepare", None)?.cookie.unwrap_or_else(|| PLAIN_COOKIE.to_owned()));
    }
    Ok(cookies)
}

/// Every answered request counted; those that `wrk` cut off at the end may have.
fn check(address: SocketAddr, cookies: &[String], requests: u64) -> Result<(), Box<dyn Error>> {
    let mut counted = 0;
    for cookie in cookies {
        counted += get(address, "/number", Some(cookie))?.body.parse::<u64>()? - START;
    }
    let cut_off: usize = CONNECTIONS.iter().sum();
    match (requests..=requests + cut_off as u64).contains(&counted) {
        true => Ok(()),
        false => Err(format!("{requests} requests were answered and {counted} counted").into()),
    }
}
