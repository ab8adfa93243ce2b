//! Interleaved rounds: whatever disturbs the machine disturbs every library alike.

use std::time::{Duration, Instant};

use scs_benches::{
    report::{Cost, Summary, summary},
    subjects::Subject,
    workload::{Case, Scenario, Setup},
};

use crate::Effort;

/// Requests between two looks at the clock.
const SLICE: usize = 500;
const SLICE_OF_WORKERS: usize = 16_000;
const WARM_UP: usize = 1_000;

/// One subject in one scenario.
struct Cell {
    subject: &'static Subject,
    scenario: Scenario,
    setup: Option<Box<dyn Setup>>,
    /// Nanoseconds a request, by round.
    rounds: Vec<f64>,
}

pub(crate) fn measure(subjects: &[&'static Subject], scenarios: &[Scenario], effort: &Effort) -> Vec<Cost> {
    let mut cells = Vec::new();
    for &scenario in scenarios {
        let mut of_scenario: Vec<_> = subjects.iter().filter_map(|subject| Cell::new(subject, scenario)).collect();
        for round in 0..effort.rounds {
            eprintln!("case {}, round {} of {}", scenario.name, round + 1, effort.rounds);
            for cell in &mut of_scenario {
                cell.measure(effort);
            }
            // Nobody always comes after the same neighbour's data in the caches.
            of_scenario.rotate_left(1);
        }
        for cell in &mut of_scenario {
            cell.finish();
        }
        of_scenario.sort_by_key(|cell| subjects.iter().position(|subject| subject.name == cell.subject.name));
        cells.extend(of_scenario);
    }
    cells.iter().map(|cell| cell.cost(&cells)).collect()
}

/// Only the requests, each of them checked.
pub(crate) fn send(subjects: &[&'static Subject], scenarios: &[Scenario], requests: usize) {
    for &scenario in scenarios {
        for mut setup in subjects.iter().filter_map(|subject| (subject.setup)(scenario)) {
            setup.send(requests);
            setup.check();
        }
    }
}

impl Cell {
    fn new(subject: &'static Subject, scenario: Scenario) -> Option<Self> {
        let setup = (subject.setup)(scenario)?;
        Some(Self { subject, scenario, setup: Some(setup), rounds: Vec::new() })
    }

    fn measure(&mut self, effort: &Effort) {
        let nanoseconds = match (self.scenario.case, &mut self.setup) {
            (Case::Create, setup) => {
                // Every round begins with an empty store.
                let mut fresh = setup.take().or_else(|| (self.subject.setup)(self.scenario)).expect("it was there");
                let nanoseconds = create(&mut *fresh, effort.creations);
                fresh.check();
                nanoseconds
            }
            (_, Some(setup)) => repeat(&mut **setup, self.scenario.workers, effort.time),
            (_, None) => unreachable!("only stores that grow are thrown away"),
        };
        self.rounds.push(nanoseconds);
    }

    /// Whoever had skipped its work would be fastest.
    fn finish(&mut self) {
        if let Some(mut setup) = self.setup.take() {
            setup.check();
        }
    }

    fn cost(&self, cells: &[Self]) -> Cost {
        let plain = self.of_same_scenario(self.subject.baseline, cells);
        let plain = plain.expect("what a subject is compared with is measured too");
        let floor = self.subject.floor.and_then(|floor| self.of_same_scenario(floor, cells));
        Cost {
            subject: self.subject.name.to_owned(),
            baseline: self.subject.baseline.to_owned(),
            scenario: self.scenario.name.to_owned(),
            text: self.scenario.text(),
            nanoseconds: summary(&self.rounds),
            ratio: self.over(plain),
            to_floor: floor.map(|floor| self.over(floor)),
            allocated: None,
        }
    }

    fn of_same_scenario<'a>(&self, subject: &str, cells: &'a [Self]) -> Option<&'a Self> {
        cells.iter().find(|cell| cell.subject.name == subject && cell.scenario.name == self.scenario.name)
    }

    /// Ratios of the same rounds.
    fn over(&self, other: &Self) -> Summary {
        let ratios: Vec<_> = self.rounds.iter().zip(&other.rounds).map(|(mine, other)| mine / other).collect();
        summary(&ratios)
    }
}

/// The median of slices, after a warm-up.
fn repeat(setup: &mut dyn Setup, workers: Option<usize>, time: Duration) -> f64 {
    let slice = if workers.is_some() { SLICE_OF_WORKERS } else { SLICE };
    setup.send(WARM_UP);
    let mut slices = Vec::new();
    let began = Instant::now();
    while began.elapsed() < time || slices.is_empty() {
        let slice_began = Instant::now();
        setup.send(slice);
        slices.push(slice_began.elapsed().as_nanos() as f64 / slice as f64);
    }
    summary(&slices).median
}

/// The mean, because a store that grows by leaps is slow only now and then.
fn create(setup: &mut dyn Setup, sessions: usize) -> f64 {
    setup.send(WARM_UP);
    let began = Instant::now();
    setup.send(sessions);
    began.elapsed().as_nanos() as f64 / sessions as f64
}
