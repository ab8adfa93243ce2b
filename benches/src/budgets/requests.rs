//! What runs under callgrind.

use std::hint::black_box;

use scs_benches::{
    subjects::Subject,
    workload::{Scenario, Setup},
};

/// The function whose execution is counted, as callgrind finds it.
pub(crate) const COUNTED: &str = "*requests::send_counted*";
pub(crate) const REQUESTS: usize = 1_000;
const WARM_UP: usize = 500;

/// Sessions are made, and what is done only once is done, before anything is counted.
pub(crate) fn run(subject: &Subject, scenario: Scenario) {
    let mut setup = (subject.setup)(scenario).expect("it takes part in every case");
    setup.send(WARM_UP);
    send_counted(&mut *setup);
    setup.check();
}

#[inline(never)]
fn send_counted(setup: &mut dyn Setup) {
    black_box(setup).send(black_box(REQUESTS));
}
