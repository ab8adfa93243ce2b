//! What a session costs in process, without a socket and without a server for the store.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --features peers --bin memory -- --quick
//! ```

#![forbid(unsafe_code)]

mod allocated;
mod measure;
mod present;

use std::{error::Error, time::Duration};

use scs_benches::{
    arguments::Arguments,
    report::{LIBRARIES, load, machine, save},
};

use self::present::{Run, present};

const USAGE: &str = "memory --quick  a short run, for trying something out
  --rounds N --milliseconds N --creations N  how many rounds, how long each case of one takes, sessions made by d
  --subjects NAME,NAME --cases a,b,c-100k  only these; part of a name is enough
  --write  also into docs/performance.md and docs/plots
  --send N  measures nothing: that many requests of each, for a profiler
  --saved  measures nothing: the table and plot of the last run again";

const RESULTS: &str = "memory";

/// How long to measure.
struct Effort {
    rounds: usize,
    /// Of each subject in each scenario of each round.
    time: Duration,
    creations: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::from_env(USAGE);
    if arguments.has("--saved") {
        return present(&load(RESULTS)?, arguments.has("--write"));
    }
    if let Some(requests) = arguments.number("--send") {
        measure::send(&arguments.chosen_subjects(), &arguments.scenarios(), requests);
        return Ok(());
    }
    let (rounds, milliseconds, creations) = if arguments.has("--quick") { (3, 60, 20_000) } else { (12, 300, 200_000) };
    let effort = Effort {
        rounds: arguments.number("--rounds").unwrap_or(rounds),
        time: Duration::from_millis(arguments.number("--milliseconds").unwrap_or(milliseconds) as u64),
        creations: arguments.number("--creations").unwrap_or(creations),
    };
    let machine = machine(LIBRARIES);
    let mut rows = measure::measure(&arguments.subjects(), &arguments.scenarios(), &effort);
    allocated::add(&mut rows, &arguments)?;
    let run = Run { machine, rows };
    save(RESULTS, &run)?;
    present(&run, arguments.has("--write"))
}
