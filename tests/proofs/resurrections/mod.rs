//! A session ends while other requests are about to write into it, and nothing shows it again.

mod endings;
mod racers;
mod session;

use std::ops::Range;

use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use scs::store::AnyStore;

use self::{
    endings::Ending,
    racers::{Late, Racer},
    session::{Ended, Sessions, sessions},
};
use crate::{
    schedules::{Gate, Task, drive},
    support::Place,
};

on_every_store!(resurrections, 100_000);

/// Sessions under way at once.
const AT_ONCE: usize = 32;

async fn resurrections(place: &Place, rounds: Range<u64>) {
    let store = place.store().await;
    let schedules = stream::iter(rounds).map(|round| tokio::spawn(schedule(store.clone(), round)));
    schedules.buffer_unordered(AT_ONCE).for_each(async |schedule| schedule.unwrap()).await;
}

/// What a task leaves behind.
type Left = Option<Late>;

/// One random schedule: who takes part, and which of the waiting store calls comes next.
async fn schedule(store: AnyStore, round: u64) {
    let mut chance = Rng::with_seed(round);
    let ended = Ended::prepare(&store, round, &mut chance).await;
    let gate = Gate::with(chance.usize(1..=3), chance.bool());
    // Two managers take no turns with each other, as two processes do not.
    let processes = [(), ()].map(|()| sessions(gate.before(store.clone())));

    let ending = Ending::any(&mut chance);
    let mut tasks: Vec<Task<Left>> = vec![Box::pin(end(ending, ended.clone(), processes[0].clone(), store.clone()))];
    for number in 0..3 {
        let racer = Racer::any(&mut chance, ending);
        tasks.push(Box::pin(racer.run(ended.clone(), processes[number % 2].clone())));
    }
    let left = drive(&gate, tasks, |waiting| chance.usize(..waiting)).await;

    gate.lift();
    let tale = format!("round {round}, {ending:?}: {gate}");
    ended.check(&sessions(store), left.into_iter().flatten(), &tale).await;
}

/// Ends the session. From the moment that this is acknowledged a request with its token is anonymous.
async fn end(ending: Ending, ended: Ended, sessions: Sessions, store: AnyStore) -> Left {
    ending.run(&ended, &sessions, &store).await;
    ended.check_token(&sessions, &ended.token, &ending).await;
    None
}
