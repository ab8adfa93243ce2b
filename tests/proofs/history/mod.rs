//! Concurrent requests of one session answer as if they had run one step after the other, each between its call and
//! its answer. A request is two steps: it reads the session, and it changes what is there when it is done.

mod client;
mod recorder;
mod search;
mod session;

use std::{ops::Range, sync::Arc};

use fastrand::Rng;
use futures_util::{StreamExt as _, future::join_all, stream};

use self::{client::Client, recorder::Recorder, search::explains, session::State};
use crate::support::{PATIENCE, Place};

on_every_store!(linearizable_histories, 10_000);

/// Sessions under way at once.
const AT_ONCE: usize = 4;
/// To a store that has a pool of them.
const CONNECTIONS: u32 = 10;
const CLIENTS: u64 = 5;
const REQUESTS: usize = 5;

async fn linearizable_histories(place: &Place, rounds: Range<u64>) {
    let sessions = client::Sessions::builder(place.patient_store(CONNECTIONS).await);
    let sessions = sessions.store_timeout(PATIENCE).build().unwrap();
    let histories = stream::iter(rounds).map(|round| tokio::spawn(history(sessions.clone(), round)));
    histories.buffer_unordered(AT_ONCE).for_each(async |history| history.unwrap()).await;
}

async fn history(sessions: client::Sessions, round: u64) {
    let recorder = Arc::new(Recorder::default());
    let tab = client::Tab::of_new_session(sessions).await;
    let clients = (0..CLIENTS).map(|number| {
        let random = Rng::with_seed(round * CLIENTS + number);
        tokio::spawn(Client { tab: tab.clone(), recorder: Arc::clone(&recorder), random }.send(REQUESTS))
    });
    join_all(clients).await.into_iter().for_each(|client| client.unwrap());
    let events = recorder.events();
    assert!(
        explains(&State::of_new_session(), &events),
        "no order explains history {round}:\n{}",
        recorder::lines(&events)
    );
    tab.end().await;
}
