//! What may come of a schedule: what comes of some serial order of its requests, without those that were lost.

use std::collections::HashMap;

use super::{
    request::Answer,
    world::{By, Cast, Outcome, World},
};

/// The outcomes of serial orders, as far as they were asked for.
pub(super) struct Serial<'a> {
    cast: Cast,
    requests: &'a [By],
    known: HashMap<Vec<usize>, Outcome>,
}

impl<'a> Serial<'a> {
    pub(super) fn new(cast: Cast, requests: &'a [By]) -> Self {
        Self { cast, requests, known: HashMap::new() }
    }

    /// Whether the outcome is that of some serial order, and what was lost was lost to something.
    pub(super) async fn explains(&mut self, outcome: &Outcome) -> bool {
        let (lost, done): (Vec<usize>, Vec<usize>) =
            (0..self.requests.len()).partition(|&request| outcome.answers[request] == Answer::Lost);
        let superseded = done.iter().any(|&request| self.requests[request].1.supersedes());
        if !lost.is_empty() && !superseded {
            return false;
        }
        for order in permutations(&done) {
            if self.outcome(order).await == outcome {
                return true;
            }
        }
        false
    }

    async fn outcome(&mut self, order: Vec<usize>) -> &Outcome {
        if !self.known.contains_key(&order) {
            let outcome = World::new(self.cast).await.serially(self.requests, &order).await;
            self.known.insert(order.clone(), outcome);
        }
        &self.known[&order]
    }
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let with_first = |first: usize| {
        let rest: Vec<usize> = items.iter().copied().filter(|item| *item != first).collect();
        permutations(&rest).into_iter().map(move |order| [vec![first], order].concat())
    };
    items.iter().flat_map(|&first| with_first(first)).collect()
}
