//! What becomes of the store in memory, of PostgreSQL and of Redis when there are many sessions.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --features stores --bin scale
//! ```
//!
//! `SCS_POSTGRES_URL` and `SCS_REDIS_URL` name the servers; one whose variable is missing is passed over.

#![forbid(unsafe_code)]

mod memory;
mod report;
mod servers;
mod visitor;

use std::error::Error;

use scs_benches::{
    arguments::Arguments,
    report::{CLIENTS, document, load, machine, replace_section, save},
};
use serde::{Deserialize, Serialize};

const USAGE: &str = "scale --quick  few sessions, to see whether everything works; nothing is kept
  --saved  measures nothing: the tables of the last run again
  --sessions N  measures so many in memory, for the process that started this one
  --write  also into docs/performance.md";

const RESULTS: &str = "scale";

#[derive(Serialize, Deserialize)]
struct Results {
    machine: String,
    memory: Vec<memory::Measured>,
    servers: Vec<servers::Measured>,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments = Arguments::from_env(USAGE);
    if let Some(sessions) = arguments.number(memory::SESSIONS) {
        return memory::in_this_process(sessions);
    }
    let results = if arguments.has("--saved") { load(RESULTS)? } else { measure(arguments.has("--quick"))? };
    for (name, text) in report::sections(&results.machine, &results.memory, &results.servers) {
        println!("{name}\n\n{text}");
        if arguments.has("--write") {
            replace_section(&document(), name, &text)?;
        }
    }
    Ok(())
}

fn measure(is_quick: bool) -> Result<Results, Box<dyn Error + Send + Sync>> {
    let machine = machine(CLIENTS);
    let results = Results { machine, memory: memory::measure(is_quick)?, servers: servers::measure(is_quick) };
    if !is_quick {
        save(RESULTS, &results)?;
    }
    Ok(results)
}
