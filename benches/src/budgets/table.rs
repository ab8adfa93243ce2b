//! What was counted, as a table.

use scs_benches::{
    report::{Table, number},
    workload::Scenario,
};

use crate::{
    counts::Counts,
    limits::{Limits, exceeds},
    program::Counted,
};

/// A row for each subject of each case.
pub(crate) fn plain(subjects: &[(&str, Vec<Counted>)]) -> Table {
    let mut table = Table::new(["case", "over axum alone"].into_iter().chain(Counts::names()));
    let cases = subjects.first().map_or(0, |(_, counted)| counted.len());
    for case in 0..cases {
        for (index, (subject, counted)) in subjects.iter().enumerate() {
            let (scenario, counts) = &counted[case];
            let case = if index == 0 { format!("{}: {}", scenario.name, scenario.text()) } else { String::new() };
            let cells = counts.named().map(|(_, count)| text(count));
            table.row([case, (*subject).to_owned()].into_iter().chain(cells));
        }
    }
    table
}

/// Each count and its limit, and what is wrong with those above it.
pub(crate) fn beside_limits(counted: &[Counted], limits: &Limits) -> (Table, Vec<String>) {
    let mut table = Table::new(["case"].into_iter().chain(Counts::names()));
    let mut exceeded = Vec::new();
    for (Scenario { name: case, .. }, counts) in counted {
        let limits = limits.get(*case).copied().unwrap_or_default();
        let mut cells = vec![(*case).to_owned()];
        for ((name, count), (_, limit)) in counts.named().zip(limits.named()) {
            cells.push(format!("{} of {}", text(count), text(limit)));
            if exceeds(name, count, limit) {
                exceeded.push(format!("case {case} takes {} {name}, and its limit is {}", text(count), text(limit)));
            }
        }
        table.row(cells);
    }
    (table, exceeded)
}

/// What happens once in many requests shows as hundredths.
fn text(count: f64) -> String {
    match count < 1_000.0 && (count - count.round()).abs() >= 0.005 {
        true => format!("{count:.2}"),
        false => number(count),
    }
}
