//! What was measured, as sections of the document and as a plot.

use scs_benches::report::{Bars, Scale, Series, Summary, Table, number};

use crate::{
    in_flight::{self, InFlight},
    place::Measured,
    results::Results,
    subject::Operation::{self, Change, Create, Read},
};

/// Each with the name of its place in the document.
pub fn sections(results: &Results) -> [(&'static str, String); 4] {
    [
        ("stores", format!("{}\n\n{}", results.machine, latencies(&results.stores))),
        ("stores-round-trips", round_trips(&results.stores).to_string()),
        ("stores-in-flight", in_flight(&results.stores).to_string()),
        ("stores-busy-writer", busy_writer(results).to_string()),
    ]
}

/// How many times what the client takes a store may take.
const fn aim(operation: Operation) -> f64 {
    match operation {
        Read => 1.10,
        Change | Create => 1.15,
    }
}

fn latencies(stores: &[Measured]) -> Table {
    let head = ["", "", "client", "store", "times", "client in a handler", "session in a handler", "times"];
    let mut table = Table::new(head);
    for store in stores {
        for (operation, latency) in Operation::ALL.into_iter().zip(&store.latency) {
            let times = latency.ratio.median;
            let times = if times > aim(operation) { format!("**{times:.2}**") } else { format!("{times:.2}") };
            table.row([
                if operation == Read { store.name.clone() } else { String::new() },
                operation.name().to_owned(),
                micros(latency.client),
                micros(latency.store),
                times,
                micros(latency.client_in_handler),
                micros(latency.session),
                format!("{:.2}", latency.session_ratio.median),
            ]);
        }
    }
    table
}

/// Microseconds, and how far the rounds spread.
fn micros(summary: Summary) -> String {
    let median = summary.median;
    let digits = if median < 10.0 { format!("{median:.1}") } else { number(median) };
    format!("{digits} ({:.0} %)", summary.spread * 100.0)
}

fn round_trips(stores: &[Measured]) -> Table {
    let mut table = Table::new(["of the client, of the store", Read.name(), Change.name(), Create.name()]);
    for store in stores.iter().filter(|store| !store.turns.is_empty()) {
        let turns = store.turns.iter().map(|turns| format!("{:.1}, {:.1}", turns.client, turns.store));
        table.row(std::iter::once(store.name.clone()).chain(turns));
    }
    table
}

fn in_flight(stores: &[Measured]) -> Table {
    let head = format!("{} in flight, changes a second", in_flight::CHANGES);
    let mut table = Table::new([
        &head,
        "",
        "client",
        "ours",
        "of the client's",
        "client, µs of processor",
        "ours, µs of processor",
    ]);
    for store in stores {
        let alone = store.in_flight_alone.iter().map(|rates| ("store", rates));
        let all = std::iter::once(("session in a handler", &store.in_flight)).chain(alone);
        for (number, (what, rates)) in all.enumerate() {
            let name = if number == 0 { store.name.clone() } else { String::new() };
            table.row(row(name, what, rates));
        }
    }
    table
}

fn row(name: String, what: &str, rates: &InFlight) -> [String; 7] {
    let rate = |summary: Summary| format!("{} ({:.0} %)", number(summary.median), summary.spread * 100.0);
    let InFlight { client, ours, ratio, client_cpu, our_cpu } = rates;
    let part = format!("{:.2}", ratio.median);
    [name, what.to_owned(), rate(*client), rate(*ours), part, micros(*client_cpu), micros(*our_cpu)]
}

fn busy_writer(results: &Results) -> Table {
    let mut table = Table::new(["milliseconds", "99 % of ticks within", "latest tick", "changes", "longest change"]);
    for stall in &results.busy_writer {
        table.row([
            stall.situation.clone(),
            format!("{:.1}", stall.usual),
            format!("{:.1}", stall.longest),
            number(stall.changes as f64),
            number(stall.longest_change),
        ]);
    }
    table
}

/// One change in each store, alone and as a request, beside the client that it uses; the quickest first.
pub fn plot(results: &Results) -> Bars {
    let change = Operation::ALL.iter().position(|operation| *operation == Change).expect("it is one of them");
    let mut stores: Vec<_> = results.stores.iter().collect();
    stores.sort_by(|a, b| a.latency[change].client.median.total_cmp(&b.latency[change].client.median));
    let series = |name: &str, of: fn(&crate::latency::Latency) -> Summary| {
        let value =
            |store: &&Measured| Some(of(&store.latency[change])).map(|summary| (summary.median, summary.spread));
        Series { name: name.to_owned(), values: stores.iter().map(value).collect() }
    };
    Bars {
        title: "Reading and changing one session, nothing else under way".to_owned(),
        unit: "µs".to_owned(),
        scale: Scale::Logarithmic,
        groups: stores.iter().map(|store| store.name.replace('`', "")).collect(),
        series: vec![
            series("client", |latency| latency.client),
            series("store", |latency| latency.store),
            series("client in a handler", |latency| latency.client_in_handler),
            series("session in a handler", |latency| latency.session),
        ],
    }
}
