//! Files whose process is killed.

use std::{sync::Arc, time::Duration};

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

/// What an operator does while no process has the file open.
#[test]
#[ignore = "the proofs run it in a process of its own"]
fn compacts_until_it_is_killed() {
    let Ok(url) = std::env::var(URL) else { return };
    std::thread::spawn(|| {
        loop {
            child::say("compacts");
            std::thread::sleep(Duration::from_micros(100));
        }
    });
    let mut file = redb::Database::open(url.strip_prefix("redb:").unwrap()).unwrap();
    loop {
        file.compact().unwrap();
    }
}

/// After each kill under load the file is killed once more, while it is worked on.
async fn kills(store: &'static str, name: &'static str, place: Place, also: Option<&'static str>) {
    let books = tokio::sync::Mutex::new(Books::default());
    let proof = Proof { name, store, rounds: 100 };
    proof
        .prove(async |rounds| {
            let mut books = books.lock().await;
            for seed in rounds {
                let orders = [(URL, place.url.clone()), (SEED, seed.to_string())];
                let child = child::start("kills::files::goes_on_until_it_is_killed", orders);
                for line in child::kill(child, &mut fastrand::Rng::with_seed(seed)) {
                    books.read(&line);
                }
                if let Some(also) = also {
                    let child = child::start(also, [(URL, place.url.clone())]);
                    child::kill(child, &mut fastrand::Rng::with_seed(seed));
                }
                books.compare(&Sessions::new(place.store().await)).await;
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    kills("SQLite", "kills", Place::file("sqlite"), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redb() {
    kills("redb", "kills", Place::file("redb"), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redb_and_while_it_is_compacted() {
    let also = Some("kills::files::compacts_until_it_is_killed");
    kills("redb", "kills_while_compacting", Place::file("redb"), also).await;
}
