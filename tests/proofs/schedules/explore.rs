//! Exploring a set of requests.

use super::{
    Explorer, Gate,
    serial::Serial,
    world::{By, Cast, Outcome, World},
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

/// Runs the requests in every schedule, each of which ends as some serial order of them does, and says how many there
/// are.
pub(super) fn explore(cast: Cast, requests: &[By], how: How) -> usize {
    let mut serial = Serial::new(cast, requests);
    each_schedule(cast, requests, how, async |_, outcome| serial.explains(outcome).await)
}

/// Runs the requests in every schedule, looks whether each ended as it should, and says how many there are.
pub(super) fn each_schedule(
    cast: Cast,
    requests: &[By],
    how: How,
    mut ended_well: impl AsyncFnMut(&World, &Outcome) -> bool,
) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut explorer = Explorer::default();
    runtime.block_on(async {
        for schedules in 1.. {
            let (gate, world) = (how.gate(), World::new(cast).await);
            let outcome = world.race(requests, &gate, how.processes, |of| explorer.choose(of)).await;
            assert!(ended_well(&world, &outcome).await, "{requests:?} as {gate} must not end as {outcome:#?}");
            if !explorer.turn() {
                return schedules;
            }
        }
        unreachable!("there is an end")
    })
}
