//! Calls that are dropped while they wait for the turn of another one, or while others wait for theirs.

use std::task::{Context, Waker};

use super::{
    check_manager,
    operation::Begun,
    stage::{ACCOUNT, Stage},
};
use crate::schedules::Task;

/// So often is a call polled before it is left where it is: one that conflicted has its turn by then.
const POLLS: usize = 4;

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_dropped_around_a_turn_gives_up_its_place() {
    drop_one_of_two(|stage| {
        let session = stage.open(0);
        stage.write_before("update");
        Begun::addition(&session)
    });
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_is_dropped_around_an_admission_gives_up_its_place() {
    drop_one_of_two(|stage| {
        let session = stage.open_new();
        session.set_account(ACCOUNT);
        Begun::addition(&session)
    });
}

/// Of two calls the first has a turn that the second waits for; one of them is dropped, the other goes on.
fn drop_one_of_two(begin: fn(&Stage) -> Begun) {
    for dropped in 0..2 {
        let stage = Stage::new();
        let mut calls = [begin(&stage).call, begin(&stage).call];
        stage.steps.begin();
        assert!(!calls.iter_mut().any(|call| has_ended(&stage, call)), "the first has a turn, the second waits for it");
        stage.steps.end();
        drop(std::mem::replace(&mut calls[dropped], Box::pin(async {})));
        assert!(has_ended(&stage, &mut calls[1 - dropped]), "it waits for nobody");
        assert_eq!(stage.hits(), 1);
        check_manager(&stage, "after a turn");
    }
}

fn has_ended(stage: &Stage, call: &mut Task<()>) -> bool {
    (0..POLLS).any(|_| {
        stage.steps.next();
        call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    })
}
