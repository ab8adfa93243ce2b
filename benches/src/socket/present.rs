//! The table.

use std::error::Error;

use scs_benches::report::{Summary, Table, document, number, replace_section, summary};

use serde::{Deserialize, Serialize};

use crate::Round;

const SECTION: &str = "socket";

/// What a run leaves behind.
#[derive(Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) machine: String,
    pub(crate) rounds: Vec<Round>,
}

pub(crate) fn present(Run { machine, rounds }: &Run, write: bool) -> Result<(), Box<dyn Error>> {
    let text = format!("{machine}\n\n{}", table(rounds));
    println!("{text}");
    if write {
        replace_section(&document(), SECTION, &text)?;
    }
    Ok(())
}

fn table(rounds: &[Round]) -> Table {
    let mut loads: Vec<(usize, &str, &str)> = Vec::new();
    for round in rounds {
        let load = (round.connections, &*round.subject, &*round.baseline);
        if !loads.contains(&load) {
            loads.push(load);
        }
    }
    loads.sort_by_key(|(connections, ..)| *connections);
    let head = ["connections", "library", "requests/s", "spread", "ratio", "median, µs", "99 %, µs"];
    let mut table = Table::new(head);
    for (connections, subject, baseline) in loads {
        let of = |name: &str, value: fn(&Round) -> f64| -> Vec<f64> {
            let matching = rounds.iter().filter(|round| round.connections == connections && round.subject == name);
            matching.map(value).collect()
        };
        let each = of(subject, |round| round.requests_per_second);
        let plain = of(baseline, |round| round.requests_per_second);
        let ratios: Vec<f64> = each.iter().zip(&plain).map(|(mine, plain)| mine / plain).collect();
        let Summary { median, spread, .. } = summary(&each);
        table.row([
            connections.to_string(),
            subject.to_owned(),
            number(median),
            format!("{:.0} %", spread * 100.0),
            format!("{:.2}", summary(&ratios).median),
            number(summary(&of(subject, |round| round.microseconds_median)).median),
            number(summary(&of(subject, |round| round.microseconds_99)).median),
        ]);
    }
    table
}
