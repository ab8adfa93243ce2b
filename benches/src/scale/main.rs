//! What becomes of the store in memory, of PostgreSQL and of Redis when there are many sessions.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --features stores --bin scale
//! ```
//!
//! `SCS_POSTGRES_URL` and `SCS_REDIS_URL` name the servers; one whose variable is missing is passed over. `--quick` takes few sessions, to
//! see whether everything works; `--write` writes the tables into the documents.

mod memory;
mod report;
mod servers;
mod visitor;

use std::{env, error::Error};

use scs_benches::report::{document, replace_section, save};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Results {
    memory: Vec<memory::Measured>,
    servers: Vec<servers::Measured>,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let Some(sessions) = memory::asked_for(&arguments) {
        return memory::in_this_process(sessions);
    }
    let is_quick = has("--quick");
    let results = Results { memory: memory::measure(is_quick)?, servers: servers::measure(is_quick) };
    if !is_quick {
        save("scale", &results)?;
    }
    for (name, table) in
        [("scale-memory", report::memory(&results.memory)), ("scale-servers", report::servers(&results.servers))]
    {
        println!("{name}\n\n{table}");
        if has("--write") {
            replace_section(&document(), name, &table.to_string())?;
        }
    }
    Ok(())
}
