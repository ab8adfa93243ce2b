//! What the command line asks for.

use std::{env, time::Duration};

pub struct Settings {
    only: Option<String>,
    pub is_quick: bool,
    pub writes: bool,
}

impl Settings {
    pub fn from_arguments() -> Self {
        let arguments: Vec<_> = env::args().skip(1).collect();
        let has = |name: &str| arguments.iter().any(|argument| argument == name);
        let only = arguments.iter().position(|argument| argument == "--only");
        let only = only.and_then(|position| arguments.get(position + 1)).map(|name| name.to_lowercase());
        Self { only, is_quick: has("--quick"), writes: has("--write") }
    }

    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.to_lowercase().contains(only))
    }

    pub const fn wants_everything(&self) -> bool {
        self.only.is_none()
    }

    /// How often everything that is compared takes its turn.
    pub const fn rounds(&self) -> usize {
        if self.is_quick { 5 } else { 30 }
    }

    /// How long one turn is.
    pub const fn turn(&self) -> Duration {
        Duration::from_millis(if self.is_quick { 15 } else { 40 })
    }

    /// How long a turn of many requests in flight is.
    pub const fn long_turn(&self) -> Duration {
        Duration::from_millis(if self.is_quick { 100 } else { 400 })
    }

    /// How long a runtime is watched.
    pub const fn stall(&self) -> Duration {
        Duration::from_millis(if self.is_quick { 700 } else { 5_000 })
    }
}
