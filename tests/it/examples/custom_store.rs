//! `custom_store`: a store that somebody else wrote, run through the kit and used from outside.

#[allow(dead_code, unreachable_pub, reason = "only the store of the program is used here")]
#[path = "../../../examples/custom_store.rs"]
mod example;

use futures_util::future::join_all;
use reqwest::Method;
use scs::conformance::Harness;

use self::example::MapStore;
use crate::support::{Server, Visitor};

struct Maps;

impl Harness for Maps {
    type Store = MapStore;

    async fn store(&self) -> MapStore {
        MapStore::default()
    }
}

scs::conformance!(contract: Maps => store, iterate, purge);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_of_ones_own_counts_concurrent_visits_exactly() {
    let server = Server::start("custom_store", &["127.0.0.1:0"]).await;
    let mut visitor = Visitor::of(&server);
    assert_eq!(visitor.read("/").await, "visit 1\n");
    let visits = (0..20).map(|_| tokio::spawn(visitor.request(Method::GET, "/").send()));
    assert!(join_all(visits).await.into_iter().all(|visit| visit.unwrap().unwrap().status() == 200));
    assert_eq!(visitor.read("/").await, "visit 22\n");
    Visitor::of(&server).read("/").await;
    assert_eq!(visitor.read("/sessions").await, "2 sessions\n");
}
