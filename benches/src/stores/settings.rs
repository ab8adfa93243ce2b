//! What the command line asks for.

use std::time::Duration;

use scs_benches::arguments::Arguments;

const USAGE: &str = "stores --quick  a tenth of the time, to see whether everything works; nothing is kept
  --only NAME  the stores that have this in their name, and the others as they were the last time; several with
               commas, as `--quick --only sqlite,redb` for what needs no server, in less than a minute
  --saved  measures nothing: the tables and the plot of the last run again
  --write  also into docs/performance.md and docs/plots";

pub struct Settings {
    only: Option<Vec<String>>,
    pub is_quick: bool,
    /// Whether nothing is measured.
    pub is_saved: bool,
    pub writes: bool,
}

impl Settings {
    pub fn from_arguments() -> Self {
        let arguments = Arguments::from_env(USAGE);
        Self {
            only: arguments.value("--only").map(|names| names.to_lowercase().split(',').map(str::to_owned).collect()),
            is_quick: arguments.has("--quick"),
            is_saved: arguments.has("--saved"),
            writes: arguments.has("--write"),
        }
    }

    pub fn wants(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        !self.is_saved && self.only.as_ref().is_none_or(|only| only.iter().any(|part| name.contains(part)))
    }

    pub const fn wants_everything(&self) -> bool {
        self.only.is_none() && !self.is_saved
    }

    /// How often everything that is compared takes its turn.
    pub const fn rounds(&self) -> usize {
        if self.is_quick { 5 } else { 30 }
    }

    /// How long one turn is.
    pub const fn turn(&self) -> Duration {
        Duration::from_millis(if self.is_quick { 15 } else { 40 })
    }

    /// The same for many changes in flight.
    pub const fn long_rounds(&self) -> usize {
        if self.is_quick { 5 } else { 10 }
    }

    /// How long a turn of many changes in flight is.
    pub const fn long_turn(&self) -> Duration {
        Duration::from_millis(if self.is_quick { 100 } else { 400 })
    }

    /// How long a runtime is watched.
    pub const fn stall(&self) -> Duration {
        Duration::from_millis(if self.is_quick { 700 } else { 5_000 })
    }
}
