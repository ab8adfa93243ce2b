//! What one request does with its session, and among how many sessions and workers.

/// What the handler does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Ignore,
    Read,
    Write,
    Create,
    ReadMixed,
    WriteMixed,
}

impl Case {
    /// Whether the session has sixteen values instead of one.
    pub const fn is_mixed(self) -> bool {
        matches!(self, Self::ReadMixed | Self::WriteMixed)
    }

    pub const fn counts(self) -> bool {
        matches!(self, Self::Write | Self::WriteMixed)
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::Ignore => "the handler ignores the session",
            Self::Read => "read an integer",
            Self::Write => "read an integer, add one, save",
            Self::Create => "no cookie: a new session with an integer",
            Self::ReadMixed => "16 values, read one",
            Self::WriteMixed => "16 values, read one, add one, save",
        }
    }
}

/// One row of the report for each library.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    pub name: &'static str,
    pub case: Case,
    /// How many sessions there are; each request takes one by chance.
    pub sessions: usize,
    /// Threads of a runtime with eight tasks for each, every task with sessions of its own; `None` is one
    /// task on the calling thread.
    pub workers: Option<usize>,
}

impl Scenario {
    const fn one(name: &'static str, case: Case) -> Self {
        Self { name, case, sessions: 1, workers: None }
    }

    /// Other threads and other sessions make no request do more, so that what it does can be counted.
    pub const fn is_countable(&self) -> bool {
        self.sessions == 1 && self.workers.is_none()
    }

    pub fn text(&self) -> String {
        let text = self.case.text();
        match (self.sessions, self.workers) {
            (1, None) => text.to_owned(),
            (sessions, None) => format!("{text}; {} sessions", crate::report::number(sessions as f64)),
            (_, Some(workers)) => format!("{text}; {} tasks on {workers} worker threads", 8 * workers),
        }
    }
}

pub const SCENARIOS: &[Scenario] = &[
    Scenario::one("a", Case::Ignore),
    Scenario::one("b", Case::Read),
    Scenario::one("c", Case::Write),
    Scenario::one("d", Case::Create),
    Scenario::one("e", Case::ReadMixed),
    Scenario::one("w", Case::WriteMixed),
    Scenario { sessions: 100_000, ..Scenario::one("c-100k", Case::Write) },
    Scenario { workers: Some(1), ..Scenario::one("c-1-worker", Case::Write) },
    Scenario { workers: Some(2), ..Scenario::one("c-2-workers", Case::Write) },
];
