//! What a session costs a server: requests over loopback, made by `wrk`.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --features peers --bin socket -- --quick
//! ```

#![forbid(unsafe_code)]

mod client;
mod measure;
mod present;
mod server;
mod wrk;

use std::{error::Error, time::Duration};

use scs_benches::{
    arguments::Arguments,
    report::{LIBRARIES, load, machine, save},
    workload::SCENARIOS,
};
use serde::{Deserialize, Serialize};

use self::present::{Run, present};

const USAGE: &str = "socket --quick  a short run, for trying something out
  --rounds N --seconds N  how many rounds, and how long each load of one lasts
  --subjects NAME,NAME  only these; part of a name is enough
  --cases w  another case than c
  --write  also into docs/performance.md
  --saved  measures nothing: the table of the last run again
  --serve NAME  is the server of one subject: what this program starts itself as";

const RESULTS: &str = "socket";

/// How long to measure.
struct Effort {
    rounds: usize,
    time: Duration,
}

/// One subject under one load, in one round.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Round {
    subject: String,
    baseline: String,
    connections: usize,
    requests_per_second: f64,
    microseconds_median: f64,
    microseconds_99: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::from_env(USAGE);
    let case = arguments.value("--cases").unwrap_or("c");
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == case).ok_or("there is no such case")?;
    if let Some(name) = arguments.value("--serve") {
        return server::serve(name, scenario.case);
    }
    let run = if arguments.has("--saved") {
        load(RESULTS)?
    } else {
        let (rounds, seconds) = if arguments.has("--quick") { (1, 1) } else { (6, 3) };
        let seconds = arguments.number("--seconds").unwrap_or(seconds) as u64;
        let effort =
            Effort { rounds: arguments.number("--rounds").unwrap_or(rounds), time: Duration::from_secs(seconds) };
        let machine = machine(LIBRARIES);
        let run = Run { machine, rounds: measure::measure(&arguments.subjects(), scenario, &effort)? };
        save(RESULTS, &run)?;
        run
    };
    present(&run, arguments.has("--write"))
}
