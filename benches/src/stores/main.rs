//! What a store costs above the least that the client of its database can do, with the same settings and as many bytes.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --features stores --bin stores
//! ```
//!
//! `SCS_REDIS_URL`, `SCS_POSTGRES_URL` and `SCS_MYSQL_URL` name the servers; a store whose variable is missing is passed over. Files are in
//! `SCS_BENCH_FOLDER`, or where temporary files belong.
//!
//! | argument | does |
//! |---|---|
//! | `--only NAME` | measures the stores that have this in their name, and takes the others from the last time |
//! | `--quick` | takes a tenth of the time, to see whether everything works; nothing is kept |
//! | `--write` | writes tables and plot into the documents |

mod busy_writer;
mod folder;
mod http;
mod in_flight;
mod latency;
mod place;
mod places;
mod proxy;
mod raw;
mod report;
mod results;
mod settings;
mod store;
mod subject;
mod turns;

use std::error::Error;

use scs_benches::report::{document, plot_path, replace_section};

use crate::{results::Results, settings::Settings};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let settings = Settings::from_arguments();
    let results = Results::of_last_time(&settings).with(Results::measure(&settings));
    if !settings.is_quick {
        results.save()?;
    }
    for (name, table) in report::tables(&results) {
        println!("{name}\n\n{table}");
        if settings.writes {
            replace_section(&document(), name, &table.to_string())?;
        }
    }
    if settings.writes {
        report::plot(&results).write(&plot_path("stores"))?;
    }
    Ok(())
}
