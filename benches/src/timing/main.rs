//! Whether time tells a secret: each case has two classes of input whose times must not differ, measured in random order
//! and compared with Welch's t-test, as dudect does (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?",
//! 2017). A naive comparison is measured along: it must be caught, or the tool could catch nothing.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml --features timing --bin timing -- --write`

#![forbid(unsafe_code)]

mod cases;
mod measure;
mod welch;

// What is private is taken in as the files it is in: the same code, without a door to it.
#[path = "../../../scs/src/id.rs"]
#[allow(dead_code, reason = "of these files the secret's half is measured")]
mod id;
#[path = "../../../scs/src/time.rs"]
#[allow(dead_code, reason = "of these files the secret's half is measured")]
mod time;
#[path = "../../../scs/src/token/mod.rs"]
#[allow(dead_code, unexpected_cfgs, reason = "of these files the secret's half is measured")]
mod token;

use std::{path::Path, process::ExitCode};

use scs_benches::{
    arguments::Arguments,
    report::{Table, machine, number, replace_section},
};

use self::cases::{CASES, Case};

const USAGE: &str = "timing --samples 1000000 --runs 3 --write";

/// Beyond this, the difference is no accident (dudect's threshold).
const LIMIT: f64 = 4.5;

fn main() -> ExitCode {
    let arguments = Arguments::from_env(USAGE);
    let samples = arguments.number("--samples").unwrap_or(1_000_000);
    let runs = arguments.number("--runs").unwrap_or(3);
    let machine = machine(&["subtle"]);
    let mut table = Table::new(["operation", "classes", "ns", "t, each run", "is"]);
    let mut holds = true;
    for case in CASES {
        let results: Vec<_> = (0..runs).map(|run| (case.measure)(samples, run as u64)).collect();
        let differs = results.iter().filter(|result| result.t.abs() >= LIMIT).count();
        // One run in three may meet what else the machine does; a leak is there in every run.
        let as_promised = if case.is_control { differs == runs } else { differs * 2 < runs };
        holds &= as_promised;
        table.row(row(case, &results, as_promised));
        eprintln!("{}: {}", case.operation, if as_promised { "as promised" } else { "NOT as promised" });
    }
    let text = format!("{} samples a run. {machine}\n\n{table}", number(samples as f64));
    println!("{text}");
    if arguments.has("--write") {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/timing.md");
        replace_section(&file, "timing", &text).expect("docs/timing.md has the section");
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(case: &Case, results: &[welch::Comparison], as_promised: bool) -> [String; 5] {
    let ts: Vec<_> = results.iter().map(|result| format!("{:.1}", result.t.abs())).collect();
    let verdict = match (case.is_control, as_promised) {
        (false, true) => "constant",
        (false, false) => "LEAKING",
        (true, true) => "caught, as it must be",
        (true, false) => "NOT CAUGHT",
    };
    let nanoseconds = results.first().map_or(0.0, |result| result.median);
    [case.operation.into(), case.classes.into(), format!("{nanoseconds:.1}"), ts.join(", "), verdict.into()]
}
