//! The ledger: how often each proof was tried without a failure, kept in docs/proofs.md.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    ops::Range,
};

/// A promise that is tried many times on one store.
pub(super) struct Proof {
    pub(super) name: &'static str,
    /// The store's name in a sentence: "on PostgreSQL".
    pub(super) store: &'static str,
    /// How often it is tried in all.
    pub(super) rounds: u64,
}

impl Proof {
    /// Tries the first hundredth of the rounds; with `SCS_PROVE` set, all that the ledger does not have yet.
    ///
    /// `run` tries these rounds, each with its number as its seed, and panics if the promise is broken.
    pub(super) async fn prove(self, run: impl AsyncFn(Range<u64>)) {
        let batch = self.rounds.div_ceil(100);
        if !is_proof() {
            return run(0..batch).await;
        }
        let mut done = reached(&self);
        while done < self.rounds {
            let next = (done + batch).min(self.rounds);
            run(done..next).await;
            note(&self, next);
            done = next;
        }
        println!("{} on {}: {done} rounds, 0 failures", self.name, self.store);
    }
}

/// Whether this run is to reach the figure, and not only to try.
pub(super) fn is_proof() -> bool {
    std::env::var_os("SCS_PROVE").is_some()
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/proofs.md");

/// What the table begins with.
const RULE: &str = "|---|---|---|\n";

type Rows = BTreeMap<(String, String), u64>;

fn reached(proof: &Proof) -> u64 {
    let (_, _, rows) = open();
    rows.get(&key(proof)).copied().unwrap_or_default()
}

fn note(proof: &Proof, rounds: u64) {
    let (mut file, text, mut rows) = open();
    rows.insert(key(proof), rounds);
    let rows = rows.iter().map(|((name, store), rounds)| format!("| {name} | {store} | {} |\n", grouped(*rounds)));
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    write!(file, "{text}{RULE}{}", rows.collect::<String>()).unwrap();
}

fn key(proof: &Proof) -> (String, String) {
    (proof.name.to_owned(), proof.store.to_owned())
}

/// The page, locked against other runs until it is dropped: the text above the table, and the table.
fn open() -> (File, String, Rows) {
    let mut file = OpenOptions::new().read(true).write(true).open(PAGE).unwrap();
    file.lock().unwrap();
    let mut page = String::new();
    file.read_to_string(&mut page).unwrap();
    let (text, table) = page.split_once(RULE).unwrap();
    (file, text.to_owned(), table.lines().map(row).collect())
}

fn row(line: &str) -> ((String, String), u64) {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [name, store, rounds] = cells[..] else { panic!("not a row: {line}") };
    ((name.to_owned(), store.to_owned()), rounds.replace(',', "").parse().unwrap())
}

/// Thousands apart: 100,000.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}
