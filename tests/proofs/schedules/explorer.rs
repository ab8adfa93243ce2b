//! The explorer: every way through a tree of choices, one after the other, each replayed from the start.

/// Depth first over choices.
#[derive(Default)]
pub(crate) struct Explorer {
    path: Vec<Choice>,
    depth: usize,
}

struct Choice {
    taken: usize,
    of: usize,
}

impl Explorer {
    /// The next choice on the way that is explored now.
    pub(crate) fn choose(&mut self, of: usize) -> usize {
        if self.depth == self.path.len() {
            self.path.push(Choice { taken: 0, of });
        }
        let choice = &self.path[self.depth];
        assert_eq!(choice.of, of, "the same choices lead to the same place");
        self.depth += 1;
        choice.taken
    }

    /// Begins the next way; `false` after the last.
    pub(crate) fn turn(&mut self) -> bool {
        assert_eq!(self.depth, self.path.len(), "the same choices lead to the same end");
        self.depth = 0;
        while let Some(mut last) = self.path.pop() {
            last.taken += 1;
            if last.taken < last.of {
                self.path.push(last);
                return true;
            }
        }
        false
    }
}
