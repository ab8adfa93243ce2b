//! A place for sessions, and everything that is measured of it.

use std::sync::Arc;

use scs::store::Store;
use scs_benches::servers::Address;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use crate::{
    http,
    in_flight::{self, InFlight},
    latency::{self, Latency, Subjects},
    proxy::Proxy,
    raw::Raw,
    settings::Settings,
    store::Direct,
    subject::Operation,
    turns::{self, Turns},
};

/// A server or a file in which a client and a store keep sessions beside each other.
pub trait Place {
    type Client: Raw;
    type Store: Store + Clone;

    /// Where the server is; nowhere for a file.
    fn server(&self) -> Option<&Address>;

    /// Connects a client and a store, to the server or through what listens at `HOST:PORT`.
    async fn connect(&self, through: Option<&str>, payload: Arc<[u8]>) -> (Self::Client, Self::Store);

    /// Deletes everything that was kept.
    async fn clean_up(self);
}

/// What was measured of one store.
#[derive(Serialize, Deserialize)]
pub struct Measured {
    pub name: String,
    /// In the order of [`Operation::ALL`].
    pub latency: Vec<Latency>,
    /// The same; none of a file.
    pub turns: Vec<Turns>,
    /// In a handler.
    pub in_flight: InFlight,
    /// The client and the store by themselves.
    #[serde(default)]
    pub in_flight_alone: Option<InFlight>,
}

pub fn measure<P: Place>(name: &str, place: P, settings: &Settings) -> Measured {
    let (in_flight, in_flight_alone) = in_runtime(Builder::new_multi_thread(), in_flight(&place, settings));
    let measured = Measured {
        name: name.to_owned(),
        latency: in_runtime(Builder::new_current_thread(), latencies(&place, settings)),
        turns: in_runtime(Builder::new_current_thread(), turns(&place)),
        in_flight,
        in_flight_alone: Some(in_flight_alone),
    };
    in_runtime(Builder::new_current_thread(), place.clean_up());
    measured
}

fn in_runtime<T>(mut builder: Builder, work: impl Future<Output = T>) -> T {
    let runtime: Runtime = builder.enable_all().build().expect("a runtime can be made");
    runtime.block_on(work)
}

async fn subjects<P: Place>(place: &P, through: Option<&str>) -> Subjects<P::Client, Direct<P::Store>> {
    let payload: Arc<[u8]> = vec![7; http::record_size().await].into();
    let (client, store) = place.connect(through, Arc::clone(&payload)).await;
    Subjects {
        client_in_handler: http::over_raw(client.clone()),
        session: http::over_store(store.clone()),
        client,
        store: Direct::new(store, payload),
    }
}

async fn latencies<P: Place>(place: &P, settings: &Settings) -> Vec<Latency> {
    let subjects = subjects(place, None).await;
    let mut latencies = Vec::new();
    for operation in Operation::ALL {
        latencies.push(latency::compare(&subjects, operation, settings).await);
    }
    latencies
}

async fn turns<P: Place>(place: &P) -> Vec<Turns> {
    let Some(server) = place.server() else { return Vec::new() };
    let proxy = Proxy::before(server.server().to_owned()).await;
    let subjects = subjects(place, Some(&proxy.address().to_string())).await;
    let mut counted = Vec::new();
    for operation in Operation::ALL {
        let client = turns::count(&subjects.client, operation, &proxy).await;
        let store = turns::count(&subjects.store, operation, &proxy).await;
        counted.push(Turns { client, store });
    }
    counted
}

async fn in_flight<P: Place>(place: &P, settings: &Settings) -> (InFlight, InFlight) {
    let Subjects { client, store, client_in_handler, session } = subjects(place, None).await;
    let in_handler = in_flight::compare(&client_in_handler, &session, settings).await;
    (in_handler, in_flight::compare(&client, &store, settings).await)
}
