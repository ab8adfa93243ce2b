//! Where a request's instructions and atomics are spent, beside the same request to axum alone.
//!
//! A line of a function belongs to the file that it is written in, whether it is inlined or not. What is inlined from the standard
//! library belongs to the function around it.

use std::{collections::BTreeMap, error::Error};

use scs_benches::{
    report::{Table, number},
    subjects::{PLAIN, Subject},
    workload::Scenario,
};

use crate::{
    atomics::Atomics,
    callgrind::{Place, Profile},
    counts::is_hash,
    program::Program,
    requests::REQUESTS,
};

/// How many functions are listed.
const FUNCTIONS: usize = 25;

/// Parts of the path of a file, or of the name of a function with slashes in it; the first that fits decides.
const COMPONENTS: &[(&str, &[&str])] = &[
    ("allocator", &["malloc/", "sys/alloc/"]),
    ("memcpy and the like", &["multiarch/mem"]),
    ("clock", &["scs/time.rs", "unix/time.rs", "std/time.rs", "clock_gettime"]),
    ("the floor", &["subjects/floor/"]),
    ("handlers", &["subjects/"]),
    ("the client", &["benches/", "scs_benches/workload"]),
    ("web layer", &["scs/middleware/", "scs/extract/"]),
    (
        "transport and token",
        &["scs/transport/", "scs/token", "scs/id", "base64", "digest-", "sha2-", "subtle-", "zeroize-"],
    ),
    ("store", &["scs/store/"]),
    (
        "commit and encoding",
        &[
            "scs/manager/attempt",
            "scs/manager/commit",
            "scs/manager/limit",
            "scs/manager/plain",
            "scs/manager/policy",
            "scs/manager/queue",
            "scs/manager/retries",
            "scs/manager/rotation",
            "scs/manager/write",
            "scs/record/draft",
            "scs/record/encode",
            "scs/record/payload",
            "scs/record/splice",
            "scs/revision",
            "scs/state/changes",
            "scs/state/commit",
            "scs/state/plain",
            "fastrand",
        ],
    ),
    ("loading and decoding", &["scs/manager/", "scs/record/", "scs/typed_session/handle", "scs/schema/"]),
    ("state and accessors", &["scs/", "rmp", "serde"]),
    ("tokio", &["tokio"]),
    ("axum, tower and http", &["axum", "tower", "http", "matchit", "bytes-", "futures-"]),
];
const OTHER: &str = "other";

/// One by component, and one of the functions that take most.
pub(crate) fn tables(program: &Program, measured: &Subject, scenario: Scenario) -> Result<[Table; 2], Box<dyn Error>> {
    let profiles = [program.profile(PLAIN, scenario)?, program.profile(measured.name, scenario)?];
    let components = spent(&profiles, &program.atomics, component);
    let functions = spent(&profiles, &program.atomics, |place| &place.function);
    Ok([table("component", components, usize::MAX), table("function", functions, FUNCTIONS)])
}

/// By one request, to axum alone and to what is measured.
#[derive(Clone, Copy, Default)]
struct Spent {
    instructions: [f64; 2],
    atomics: [f64; 2],
}

fn spent(profiles: &[Profile; 2], atomics: &Atomics, by: fn(&Place) -> &str) -> BTreeMap<String, Spent> {
    let mut spent = BTreeMap::<String, Spent>::new();
    for (index, profile) in profiles.iter().enumerate() {
        for cost in profile.costs.iter().filter(|cost| !is_hash(&cost.place.function)) {
            let entry = spent.entry(by(&cost.place).to_owned()).or_default();
            let each = cost.executed as f64 / REQUESTS as f64;
            entry.instructions[index] += each;
            if atomics.executed(cost) {
                entry.atomics[index] += each;
            }
        }
    }
    spent
}

fn component(place: &Place) -> &str {
    let paths =
        [place.source.replace("/src/", "/"), place.file.replace("/src/", "/"), place.function.replace("::", "/")];
    let of_path = |path: &String| {
        let fits = |(_, parts): &&(&str, &[&str])| parts.iter().any(|part| path.contains(part));
        COMPONENTS.iter().find(fits).map(|(name, _)| *name)
    };
    paths.iter().find_map(of_path).unwrap_or(OTHER)
}

/// What takes most over axum alone stands in front.
fn table(kind: &str, spent: BTreeMap<String, Spent>, rows: usize) -> Table {
    let more = |[plain, measured]: [f64; 2]| measured - plain;
    let mut spent: Vec<_> = spent.into_iter().collect();
    spent.sort_by(|(_, a), (_, b)| more(b.instructions).total_cmp(&more(a.instructions)));
    let mut table = Table::new(["instructions", "axum alone", "more", "atomics", "axum alone", "more", kind]);
    for (name, Spent { instructions, atomics }) in spent.into_iter().take(rows) {
        let whole = [instructions[1], instructions[0], more(instructions)].map(number);
        let tenths = [atomics[1], atomics[0], more(atomics)].map(|count| format!("{count:.1}"));
        table.row(whole.into_iter().chain(tenths).chain([name]));
    }
    table
}
