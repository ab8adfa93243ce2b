//! A server that is kept busy for half an hour grows neither in memory nor in connections.
//!
//! `just soak` runs it and writes down what came of it in docs/soak.md; a test run of a few seconds shows that a leak
//! would be noticed.

mod gauge;
mod load;
mod report;
mod server;

use std::time::Duration;

use self::{
    gauge::Gauge,
    load::Load,
    report::{Mark, Report},
    server::{Leak, Server},
};
use crate::support::Place;

/// What the server process is to take of one core.
const TARGET: f64 = 0.7;
const MINUTE: Duration = Duration::from_mins(1);
const MIB: u64 = 1024 * 1024;

/// Keeps a server busy for so many periods, and looks at it after each, while all clients are away for a moment.
async fn soak(store: &str, leak: Leak, periods: usize, period: Duration) -> Report {
    let server = Server::start(store, leak).await;
    let load = Load::start(server.address);
    let mut gauge = Gauge::of(server.id);
    let mut report = Report::new(store);
    for _ in 0..periods {
        load.go_on();
        let cpu = load.press(&mut gauge, TARGET, period).await;
        let requests = load.pause().await;
        let mark = Mark { requests, cpu, memory: gauge.memory(), sockets: gauge.sockets() };
        println!("{mark}");
        report.marks.push(mark);
    }
    report
}

/// From minute 10 to minute 30, or whatever a third of `SCS_SOAK_MINUTES` is.
async fn half_an_hour(store: &str, place: Place) {
    let minutes = std::env::var("SCS_SOAK_MINUTES").map_or(30, |minutes| minutes.parse().unwrap());
    let report = soak(&place.url, Leak::Nothing, minutes, MINUTE).await.named(store);
    report.append();
    assert!(report.growth() <= MIB, "{} bytes more than after a third of the time", report.growth());
    assert_eq!(report.more_sockets(), 0, "connections that nobody uses any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half an hour: `just soak`"]
async fn half_an_hour_on_memory() {
    half_an_hour("memory", Place::memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half an hour: `just soak`"]
async fn half_an_hour_on_postgres() {
    half_an_hour("PostgreSQL", Place::database("SCS_POSTGRES_URL").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half an hour: `just soak`"]
async fn half_an_hour_on_redis() {
    half_an_hour("Redis", Place::keys("SCS_REDIS_URL")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leak_would_be_noticed_and_so_would_connections_that_are_left_open() {
    let short = Duration::from_secs(2);
    let [tight, leaking] =
        [soak("memory", Leak::Nothing, 3, short).await, soak("memory", Leak::Everything, 3, short).await];
    assert!(tight.marks.iter().all(|mark| mark.requests > 0 && mark.cpu > 0.0 && mark.memory > 0));
    assert_eq!(tight.more_sockets(), 0);
    assert!(leaking.growth() > MIB + tight.growth(), "{} and {}", leaking.growth(), tight.growth());
    assert!(leaking.more_sockets() > 0);
}
