//! Files whose process is killed.

use std::sync::Arc;

use super::{Sessions, books::Books, load::load};
use crate::{
    ledger::Proof,
    support::{Place, child},
};

const URL: &str = "SCS_KILLED_URL";
const SEED: &str = "SCS_KILLED_SEED";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the proofs run it in a process of its own"]
async fn goes_on_until_it_is_killed() {
    let (Ok(url), Ok(seed)) = (std::env::var(URL), std::env::var(SEED)) else { return };
    let sessions = Sessions::new(scs_stores::open(&url).await.unwrap());
    load(&sessions, seed.parse().unwrap(), Arc::new(|line| child::say(&line))).await;
}

async fn kills(store: &'static str, place: Place) {
    let books = tokio::sync::Mutex::new(Books::default());
    let proof = Proof { name: "kills", store, rounds: 100 };
    proof
        .prove(async |rounds| {
            let mut books = books.lock().await;
            for seed in rounds {
                let orders = [(URL, place.url.clone()), (SEED, seed.to_string())];
                let child = child::start("kills::files::goes_on_until_it_is_killed", orders);
                for line in child::kill(child, &mut fastrand::Rng::with_seed(seed)) {
                    books.read(&line);
                }
                books.compare(&Sessions::new(place.store().await)).await;
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    kills("SQLite", Place::file("sqlite")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redb() {
    kills("redb", Place::file("redb")).await;
}
