//! Any sequence of operations on sessions, several of them open at once, answers and leaves behind what the model
//! says: plain maps, after the promises.

mod accounts;
mod commit;
mod fields;
mod handle;
mod lane;
mod look;
mod operation;
mod real;
mod reference;
mod schema;
mod sequences;

use std::ops::Range;

use futures_util::future::join_all;
use proptest::{
    strategy::{Strategy as _, ValueTree},
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use tokio::runtime::Handle;

use self::{
    lane::Lane,
    look::look,
    operation::{Answer, Call, Operation},
    real::Real,
    reference::Model,
    sequences::sequences,
};
use crate::support::Place;

on_every_store!(model_sequences, 100_000);

/// Sequences under way at once.
const LANES: usize = 16;
/// Of a store that has a pool of them.
const CONNECTIONS: u32 = 10;

async fn model_sequences(place: &Place, rounds: Range<u64>) {
    let shared = place.patient_store(CONNECTIONS).await;
    let lanes = join_all((0..LANES).map(|number| Lane::new(place, &shared, number))).await;
    let lanes = lanes.into_iter().zip(0..).map(|(lane, first)| {
        let rounds = rounds.clone().skip(first).step_by(LANES);
        tokio::spawn(async move {
            for round in rounds {
                sequence(&lane, round).await;
            }
        })
    });
    join_all(lanes).await.into_iter().for_each(|lane| lane.unwrap());
}

/// The sequence of this number; if the model is contradicted, the shortest that does so is printed.
async fn sequence(lane: &Lane, round: u64) {
    let operations = tree(&mut runner(round)).current();
    if let Err(contradiction) = play(lane, &operations).await {
        let least = tokio::task::block_in_place(|| shrink(lane, round));
        let (contradiction, operations) = least.unwrap_or((contradiction, operations));
        panic!("sequence {round}: {contradiction}\n{}", lines(&operations));
    }
}

/// The shortest sequence that still contradicts the model, and how; none if none does any more.
fn shrink(lane: &Lane, round: u64) -> Option<(String, Vec<Operation>)> {
    let mut runner = runner(round);
    let tree = tree(&mut runner);
    let again = |operations: Vec<Operation>| Handle::current().block_on(play(lane, &operations));
    match runner.run_one(tree, |operations| again(operations).map_err(TestCaseError::fail)) {
        Err(TestError::Fail(contradiction, operations)) => Some((contradiction.to_string(), operations)),
        Err(TestError::Abort(_)) | Ok(_) => None,
    }
}

fn lines(operations: &[Operation]) -> String {
    operations.iter().fold(String::new(), |lines, operation| lines + &format!("  {operation:?}\n"))
}

fn tree(runner: &mut TestRunner) -> impl ValueTree<Value = Vec<Operation>> + use<> {
    sequences().new_tree(runner).unwrap()
}

/// The round's number is the seed.
fn runner(round: u64) -> TestRunner {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&round.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

async fn play(lane: &Lane, operations: &[Operation]) -> Result<(), String> {
    let (mut model, mut real) = (Model::new(lane.policy), Real::new(lane));
    let mut played = Ok(());
    for operation in operations {
        if model.is_ambiguous(operation) {
            continue;
        }
        let (due, seen) = (model.run(operation), real.run(operation).await);
        played = agree(operation, lane, &due, &seen).and_then(|()| look(operation, lane, &model, &real));
        if played.is_err() {
            break;
        }
    }
    real.clean_up().await;
    played
}

/// A store may have deleted what has expired before it is asked to, and a server's clock is not the test's.
fn agree(operation: &Operation, lane: &Lane, due: &Answer, seen: &Answer) -> Result<(), String> {
    let agrees = match (operation, due, seen) {
        (Operation::Purge, Answer::Count(due), Answer::Count(seen)) => seen <= due || !lane.is_alone(),
        // What has expired by the test's clock, a server has still, and ends it when it is told to.
        (Operation::RevokeAll(_) | Operation::On(_, Call::RevokeOthers), Answer::Count(due), Answer::Count(seen)) => {
            due == seen || !lane.is_alone() && due < seen
        }
        (Operation::Revoke(_), Answer::Bool(due), Answer::Bool(seen)) => due == seen || !lane.is_alone() && *seen,
        _ => due == seen,
    };
    match agrees {
        true => Ok(()),
        false => Err(format!("{operation:?} answered {seen:?} and not {due:?}")),
    }
}
