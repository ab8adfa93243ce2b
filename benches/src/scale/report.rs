//! What was measured, as sections of the document.

use scs_benches::report::{Summary, Table, number};

use crate::{memory, servers};

/// Each with the name of its place in the document.
pub fn sections(
    machine: &str,
    memory: &[memory::Measured],
    servers: &[servers::Measured],
) -> [(&'static str, String); 2] {
    [
        ("scale-memory", format!("{machine}\n\n{}", in_memory(memory))),
        ("scale-servers", in_servers(servers).to_string()),
    ]
}

fn in_memory(measured: &[memory::Measured]) -> Table {
    let mut table = Table::new([
        "sessions in memory",
        "bytes each, resident",
        "of them its record",
        "a request that reads, ns",
        "that changes, ns",
        "purged a second",
        "longest call that purges, µs",
    ]);
    for row in measured {
        let values = [row.sessions as f64, row.bytes, row.payload, row.read, row.change, row.purged, row.longest_purge];
        table.row(values.map(number));
    }
    table
}

fn in_servers(measured: &[servers::Measured]) -> Table {
    let mut table = Table::new([
        "",
        "sessions",
        "read, µs",
        "change, µs",
        "find 3, µs",
        "revoke_all 3, µs",
        "iterate, records a second",
    ]);
    for servers::Measured { name, sessions, times } in measured {
        table.row([
            name.clone(),
            number(*sessions as f64),
            micros(times.read),
            micros(times.change),
            micros(times.find),
            micros(times.revoke_all),
            number(times.iterate),
        ]);
    }
    table
}

fn micros(summary: Summary) -> String {
    format!("{} ({:.0} %)", number(summary.median), summary.spread * 100.0)
}
