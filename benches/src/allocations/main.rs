//! What one request allocates, as JSON: a process of its own, because counting takes time.

#![forbid(unsafe_code)]

use std::alloc::System;

use scs_benches::{
    arguments::Arguments,
    report::Allocated,
    workload::{Scenario, Setup},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const WARM_UP: usize = 500;
const REQUESTS: usize = 2_000;

fn main() -> Result<(), serde_json::Error> {
    let arguments = Arguments::from_env("allocations --subjects NAME,NAME --cases a,b");
    let mut counted = Vec::new();
    for scenario in arguments.scenarios().into_iter().filter(Scenario::is_countable) {
        for subject in arguments.subjects() {
            let Some(setup) = (subject.setup)(scenario) else { continue };
            let (allocations, bytes) = count(setup);
            let (subject, scenario) = (subject.name.to_owned(), scenario.name.to_owned());
            counted.push(Allocated { subject, scenario, allocations, bytes });
        }
    }
    println!("{}", serde_json::to_string(&counted)?);
    Ok(())
}

fn count(mut setup: Box<dyn Setup>) -> (f64, f64) {
    setup.send(WARM_UP);
    let region = Region::new(ALLOCATOR);
    setup.send(REQUESTS);
    let change = region.change();
    setup.check();
    let each = |total: usize| total as f64 / REQUESTS as f64;
    (each(change.allocations + change.reallocations), each(change.bytes_allocated))
}
