//! A process that is killed at any moment: whatever it was told is done is done, and the rest is whole or not there.
//!
//! Ten kills each; `SCS_KILLS=200` makes it more, `SCS_SEED` begins elsewhere.

mod child;
mod model;

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::Child,
    sync::Arc,
};

use scs::ManualClock;
use scs_stores::{RedbDurability, RedbStore};

use self::model::Model;
use super::tables::Tables;
use crate::support::{Folder, HOUR, START, child as child_process};

/// Tells the child what to do: the file, how sure its writes are, and a seed.
const ORDERS: [&str; 3] = ["SCS_KILLED_FILE", "SCS_KILLED_SURENESS", "SCS_KILLED_SEED"];

/// How sure writes are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sureness {
    Immediate,
    QuicklyRepaired,
    Relaxed,
}

const ALL: [Sureness; 3] = [Sureness::Immediate, Sureness::QuicklyRepaired, Sureness::Relaxed];

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

/// The store, as child and parent open it: on a clock that stands still, so that both know when a record expires.
fn open(file: &Path, sureness: Sureness) -> RedbStore {
    let store = RedbStore::builder(file).clock(Arc::new(ManualClock::new(START)));
    let store = match sureness {
        Sureness::Immediate => store,
        Sureness::QuicklyRepaired => store.quick_repair(true),
        Sureness::Relaxed => store.durability(RedbDurability::Within(HOUR)),
    };
    store.open().unwrap()
}

/// The process that writes.
fn start(file: &Path, sureness: Sureness, seed: u64) -> Child {
    let orders = [file.display().to_string(), format!("{sureness:?}"), seed.to_string()];
    child_process::start("stores::redb::crash::child::writes_until_it_is_killed", ORDERS.into_iter().zip(orders))
}

async fn survives_kills(sureness: Sureness) {
    let (folder, mut model) = (Folder::new("redb"), Model::new(sureness == Sureness::Relaxed));
    let first = number("SCS_SEED", 0);
    for seed in first..first + number("SCS_KILLS", 10) {
        let child = start(&folder.file("sessions.redb"), sureness, seed);
        for line in child_process::kill(child, &mut fastrand::Rng::with_seed(seed)) {
            model.read(&line);
        }
        println!("seed {seed}: {model}");
        let store = open(&folder.file("sessions.redb"), sureness);
        model.compare_and_go_on(&store).await;
        drop(store);
        Tables::of_file(&folder.file("sessions.redb")).assert_agree();
    }
    println!("{sureness:?}: {model}");
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    survives_kills(Sureness::Immediate).await;
}

#[tokio::test]
async fn a_killed_process_with_quick_repair_loses_nothing_that_was_acknowledged() {
    survives_kills(Sureness::QuicklyRepaired).await;
}

#[tokio::test]
async fn a_killed_process_with_a_relaxed_store_loses_nothing_from_before_the_last_durable_write() {
    survives_kills(Sureness::Relaxed).await;
}

#[test]
fn a_file_that_another_process_has_open_is_not_opened() {
    let folder = Folder::new("redb");
    let mut child = start(&folder.file("sessions.redb"), Sureness::Immediate, 0);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_open = lines.by_ref().any(|line| line.unwrap().starts_with('@'));
    let opened = RedbStore::open(folder.file("sessions.redb"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_open, "the child wrote nothing");
    let error = opened.expect_err("two processes have the file open");
    assert_eq!(error.kind(), scs::store::StoreErrorKind::Configuration);
    assert!(error.to_string().contains("already open"), "{error}");
    assert!(RedbStore::open(folder.file("sessions.redb")).is_ok(), "the file is free when the other process has ended");
}
