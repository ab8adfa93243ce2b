//! What a store costs above the least that the client of its database can do, with the same settings and as many bytes.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --features stores --bin stores
//! ```
//!
//! `SCS_REDIS_URL`, `SCS_POSTGRES_URL` and `SCS_MYSQL_URL` name the servers; a store whose variable is missing is passed over. Files are in
//! `SCS_BENCH_FOLDER`, or where temporary files belong.

#![forbid(unsafe_code)]

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
    if !settings.is_quick && !settings.is_saved {
        results.save()?;
    }
    for (name, text) in report::sections(&results) {
        println!("{name}\n\n{text}");
        if settings.writes {
            replace_section(&document(), name, &text)?;
        }
    }
    if settings.writes {
        report::plot(&results).write(&plot_path("stores"))?;
    }
    Ok(())
}
