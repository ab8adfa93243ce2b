//! Exploring a set of requests.

use super::{
    Explorer, Gate,
    serial::Serial,
    world::{By, Cast, World},
};

/// How a set is explored.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// Whether each request has a process of its own: then nobody takes turns.
    processes: bool,
    /// Whether answers are steps of their own.
    answers: bool,
}

pub(super) const TOGETHER: How = How { processes: false, answers: false };
pub(super) const APART: How = How { processes: true, answers: false };
pub(super) const SLOWLY: How = How { processes: false, answers: true };
pub(super) const SLOWLY_APART: How = How { processes: true, answers: true };

impl How {
    fn gate(self) -> Gate {
        if self.answers { Gate::of_calls_and_answers() } else { Gate::of_calls() }
    }
}

/// Runs the requests in every schedule and says how many there are.
pub(super) fn explore(cast: Cast, requests: &[By], how: How) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut explorer = Explorer::default();
    let mut serial = Serial::new(cast, requests);
    let mut schedules = 1;
    runtime.block_on(run(cast, requests, how, &mut explorer, &mut serial));
    while explorer.turn() {
        runtime.block_on(run(cast, requests, how, &mut explorer, &mut serial));
        schedules += 1;
    }
    schedules
}

async fn run(cast: Cast, requests: &[By], how: How, explorer: &mut Explorer, serial: &mut Serial<'_>) {
    let gate = how.gate();
    let world = World::new(cast).await;
    let outcome = world.race(requests, &gate, how.processes, |of| explorer.choose(of)).await;
    assert!(serial.explains(&outcome).await, "{requests:?} as {gate}: no serial order ends with {outcome:#?}");
}
