//! The search for an order (Wing and Gong, 1993; states that were met before are left out, after Lowe, 2017).

use std::collections::HashSet;

use super::{recorder::Event, session::State};

/// Whether the events can be put into an order in which each does what it answered, and none comes before one that was
/// answered before it was called. What nobody knows may have been done at any time after its call, or not at all.
pub(super) fn explains(start: &State, events: &[Event]) -> bool {
    assert!(events.len() <= 64, "one bit for each event");
    Search { events, met: HashSet::new() }.goes_on(0, start)
}

struct Search<'a> {
    events: &'a [Event],
    /// The sets of events that were in order before, and what they led to.
    met: HashSet<(u64, State)>,
}

impl Search<'_> {
    fn goes_on(&mut self, done: u64, state: &State) -> bool {
        let is_left = |number: usize| done & 1 << number == 0;
        let left = || (0..self.events.len()).filter(|number| is_left(*number));
        let Some(first_answer) = left().filter_map(|number| self.events[number].answered).min() else { return true };
        let next: Vec<usize> = left().filter(|number| self.events[*number].called < first_answer).collect();
        next.into_iter().any(|number| {
            let Some(after) = state.after(&self.events[number].step) else { return false };
            let done = done | 1 << number;
            self.met.insert((done, after.clone())) && self.goes_on(done, &after)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::session::{Change, Data, Step, Unknown};

    fn read(called: u64, answered: u64, name: u64) -> Event {
        let data = Data { name, ..Data::default() };
        Event { called, answered: Some(answered), step: Step::Read { token: 0, seen: Some(data) } }
    }

    fn write(called: u64, answered: Option<u64>, name: u64) -> Event {
        let after = answered.map(|_| Ok((Data { name, ..Data::default() }, None))).ok_or(Unknown);
        let step = Step::Write { token: 0, seen: Data::default(), change: Change::Name(name), answer: after };
        Event { called, answered, step }
    }

    #[test]
    fn a_read_of_what_was_overwritten_is_explained_only_while_the_write_is_under_way() {
        let start = State::of_new_session();
        assert!(explains(&start, &[write(0, Some(3), 7), read(1, 2, 0)]));
        assert!(!explains(&start, &[write(0, Some(1), 7), read(2, 3, 0)]));
        assert!(!explains(&start, &[write(0, Some(5), 7), read(1, 2, 7), read(3, 4, 0)]));
    }

    #[test]
    fn what_nobody_knows_may_have_been_done_late_or_not_at_all() {
        let start = State::of_new_session();
        assert!(explains(&start, &[write(0, None, 7), read(1, 2, 0), read(3, 4, 7)]));
        assert!(explains(&start, &[write(0, None, 7), read(1, 2, 0)]));
        assert!(!explains(&start, &[write(0, None, 7), read(1, 2, 8)]));
    }
}
