//! What came of it.

use std::{fmt, fs::OpenOptions, io::Write as _};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/soak.md");

/// What the server looked like at one moment, without clients.
pub(super) struct Mark {
    pub(super) requests: u64,
    pub(super) cpu: f64,
    pub(super) memory: u64,
    pub(super) sockets: usize,
}

pub(super) struct Report {
    store: String,
    pub(super) marks: Vec<Mark>,
}

impl Report {
    pub(super) fn new(store: &str) -> Self {
        Self { store: store.to_owned(), marks: Vec::new() }
    }

    pub(super) fn named(self, store: &str) -> Self {
        Self { store: store.to_owned(), ..self }
    }

    /// The mark at a third of the time, when all that is ever needed is there, and the last.
    fn between(&self) -> [&Mark; 2] {
        let (third, last) = (self.marks.len().div_ceil(3) - 1, self.marks.len() - 1);
        [&self.marks[third], &self.marks[last]]
    }

    /// Bytes of memory.
    pub(super) fn growth(&self) -> u64 {
        let [third, last] = self.between();
        last.memory.saturating_sub(third.memory)
    }

    pub(super) fn more_sockets(&self) -> usize {
        let [third, last] = self.between();
        last.sockets.saturating_sub(third.sockets)
    }

    /// Adds a row to docs/soak.md.
    pub(super) fn append(&self) {
        let [third, last] = self.between();
        let requests: u64 = self.marks.iter().map(|mark| mark.requests).sum();
        let cpu = mean(self.marks.iter().map(|mark| mark.cpu));
        let mut page = OpenOptions::new().append(true).open(PAGE).unwrap();
        writeln!(
            page,
            "| {} | {} | {requests} | {:.0} % | {} KiB | {} KiB | {} | {} |",
            self.store,
            self.marks.len(),
            cpu * 100.0,
            third.memory / 1024,
            last.memory / 1024,
            third.sockets,
            last.sockets,
        )
        .unwrap();
    }
}

pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), number| (sum + number, count + 1.0));
    sum / count
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, cpu, memory, sockets } = self;
        write!(f, "{requests} requests, {:.0} % of a core, {} KiB, {sockets} sockets", cpu * 100.0, memory / 1024)
    }
}
