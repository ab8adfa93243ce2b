//! What a request executes, counted under callgrind, where a busy machine counts the same as an idle one: instructions,
//! atomics, allocations, readings of the clock. Fails if a case takes more than `budgets.toml` has.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml --bin budgets
//! ```

#![forbid(unsafe_code)]

mod atomics;
mod callgrind;
mod components;
mod counts;
mod limits;
mod program;
mod requests;
mod table;

use std::error::Error;

use scs_benches::{
    arguments::Arguments,
    report::{document, replace_section},
    subjects::{FLOOR, SCS, subject},
    workload::{SCENARIOS, Scenario},
};

use self::program::{Counted, Program};

const USAGE: &str = "budgets  counts every case over axum alone, and compares with budgets.toml
  --cases a,b  only these
  --write  counts all, of the floor too: they become the limits, and the tables of docs/performance.md
  --subjects NAME  counts another subject and compares nothing; part of a name is enough
  --components  where the instructions of each case are spent
  --count NAME  sends the requests of one subject: what this program starts itself as under valgrind";

/// The tables of docs/performance.md; the second one is of a single case.
const SECTION: &str = "budgets";
const COMPONENTS_SECTION: &str = "components";
const COMPONENTS_CASE: &str = "c";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::from_env(USAGE);
    let scenarios = countable(&arguments.scenarios());
    if let Some(name) = arguments.value("--count") {
        scenarios.into_iter().for_each(|scenario| requests::run(subject(name), scenario));
        return Ok(());
    }
    let program = Program::this()?;
    if arguments.has("--write") {
        return write(&program);
    }
    let measured = if arguments.has("--subjects") { arguments.chosen_subjects()[0] } else { subject(SCS) };
    if arguments.has("--components") {
        return scenarios.into_iter().try_for_each(|scenario| {
            let [components, functions] = components::tables(&program, measured, scenario)?;
            println!("{components}\n{functions}");
            Ok(())
        });
    }
    let counted = program.count(measured, &scenarios)?;
    if arguments.has("--subjects") {
        println!("{}", table::plain(&[(measured.name, counted)]));
        return Ok(());
    }
    compare(&counted)
}

fn compare(counted: &[Counted]) -> Result<(), Box<dyn Error>> {
    let (table, exceeded) = table::beside_limits(counted, &limits::read()?);
    println!("{table}");
    if exceeded.is_empty() { Ok(()) } else { Err(exceeded.join("; ").into()) }
}

fn write(program: &Program) -> Result<(), Box<dyn Error>> {
    let scenarios = countable(SCENARIOS);
    let floor = program.count(subject(FLOOR), &scenarios)?;
    let scs = program.count(subject(SCS), &scenarios)?;
    limits::write(&scs)?;
    let table = table::plain(&[(FLOOR, floor), (SCS, scs)]);
    println!("{table}");
    replace_section(&document(), SECTION, &table.to_string())?;
    let scenario = scenarios.into_iter().find(|scenario| scenario.name == COMPONENTS_CASE).ok_or("it is a case")?;
    let [components, _] = components::tables(program, subject(SCS), scenario)?;
    Ok(replace_section(&document(), COMPONENTS_SECTION, &components.to_string())?)
}

fn countable(scenarios: &[Scenario]) -> Vec<Scenario> {
    scenarios.iter().copied().filter(Scenario::is_countable).collect()
}
