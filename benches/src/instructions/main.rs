//! Instructions of a thousand requests, counted by callgrind: the same on a busy machine and an idle one.
//! Fails if a case takes more than 1 % over its limit.
//!
//! ```sh
//! cargo bench --manifest-path benches/Cargo.toml --features instructions --bench instructions
//! ```

#![forbid(unsafe_code)]

use gungraun::{Callgrind, EventKind, prelude::*};
use scs_benches::{
    subjects::{PLAIN, subject},
    workload::{SCENARIOS, Setup},
};

const SCS: &str = "scs around the Router";
const WARM_UP: usize = 500;
/// A total of so many requests reads as instructions of one, with its thousandths behind.
const REQUESTS: usize = 1_000;

/// Not counted: sessions are made, and what is done only once is done.
fn ready(name: &str, case: &str) -> Box<dyn Setup> {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == case).expect("there is such a case");
    let mut setup = (subject(name).setup)(*scenario).expect("it takes part in every case");
    setup.send(WARM_UP);
    setup
}

/// Instructions of one request, and what chance may add: tokens and keys of hash maps are random.
fn at_most(instructions: u64) -> LibraryBenchmarkConfig {
    let limit = instructions * REQUESTS as u64 * 101 / 100;
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, limit)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

#[library_benchmark(setup = ready, teardown = check)]
#[bench::plain(args = (PLAIN, "c"), config = at_most(5_850))]
#[bench::a(args = (SCS, "a"), config = at_most(7_166))]
#[bench::b(args = (SCS, "b"), config = at_most(17_542))]
#[bench::c(args = (SCS, "c"), config = at_most(24_865))]
#[bench::w(args = (SCS, "w"), config = at_most(30_884))]
fn thousand_requests(mut setup: Box<dyn Setup>) -> Box<dyn Setup> {
    setup.send(REQUESTS);
    setup
}

fn check(mut setup: Box<dyn Setup>) {
    setup.check();
}

library_benchmark_group!(name = instructions; benchmarks = thousand_requests);
main!(library_benchmark_groups = instructions);
