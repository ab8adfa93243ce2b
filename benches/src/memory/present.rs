//! The one table, and its plot.

use std::error::Error;

use scs_benches::report::{Bars, Cost, Scale, Series, Table, document, number, plot_path, replace_section};
use serde::{Deserialize, Serialize};

const SECTION: &str = "memory";

/// What a run leaves behind.
#[derive(Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) machine: String,
    pub(crate) rows: Vec<Cost>,
}

pub(crate) fn present(Run { machine, rows }: &Run, write: bool) -> Result<(), Box<dyn Error>> {
    let text = format!("{machine}\n\n{}", table(rows));
    println!("{text}");
    if write {
        replace_section(&document(), SECTION, &text)?;
        plot(rows).write(&plot_path("memory")).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn table(rows: &[Cost]) -> Table {
    let mut table = Table::new(["case", "library", "ns", "spread", "× plain", "× floor", "allocations", "bytes"]);
    let mut scenario = "";
    for row in rows {
        let first = scenario != row.scenario;
        scenario = &row.scenario;
        let (allocations, bytes) = over_baseline(row, rows);
        table.row([
            if first { format!("{}: {}", row.scenario, row.text) } else { String::new() },
            row.subject.clone(),
            number(row.nanoseconds.median),
            format!("{:.0} %", row.nanoseconds.spread * 100.0),
            format!("{:.2}", row.ratio.median),
            row.to_floor.map_or_else(|| "–".to_owned(), |ratio| format!("{:.2}", ratio.median)),
            allocations,
            bytes,
        ]);
    }
    table
}

/// A baseline's own allocations, and of the others what they add.
fn over_baseline(row: &Cost, rows: &[Cost]) -> (String, String) {
    let Some(allocated) = &row.allocated else { return ("–".to_owned(), "–".to_owned()) };
    if row.subject == row.baseline {
        return (format!("{:.0}", allocated.allocations), number(allocated.bytes));
    }
    let baseline = rows.iter().find(|plain| plain.subject == row.baseline && plain.scenario == row.scenario);
    let Some(plain) = baseline.and_then(|plain| plain.allocated.as_ref()) else {
        return ("–".to_owned(), "–".to_owned());
    };
    let (allocations, bytes) = (allocated.allocations - plain.allocations, allocated.bytes - plain.bytes);
    (format!("+{allocations:.0}"), format!("+{}", number(bytes)))
}

/// Each library as a multiple of what it is compared with, so that axum and actix-web fit into one plot.
fn plot(rows: &[Cost]) -> Bars {
    let mut groups: Vec<String> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !groups.contains(&row.scenario) {
            groups.push(row.scenario.clone());
        }
        if row.subject != row.baseline && !names.contains(&row.subject.as_str()) {
            names.push(&row.subject);
        }
    }
    let value = |name: &str, group: &str| {
        let row = rows.iter().find(|row| row.subject == name && row.scenario == group)?;
        Some((row.ratio.median, row.ratio.spread))
    };
    let series = names.iter().map(|name| Series {
        name: (*name).to_owned(),
        values: groups.iter().map(|group| value(name, group)).collect(),
    });
    Bars {
        title: "One request in process, as a multiple of the same request without sessions".to_owned(),
        unit: "multiple".to_owned(),
        scale: Scale::Linear,
        series: series.collect(),
        groups,
    }
}
