//! Visitors who come again and again while servers come and go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use scs::{
    SessionId,
    store::{Entry, Store as _, StoreError, StoreErrorKind},
};
use scs_stores::RedisStore;
use tokio::task::JoinSet;

use super::id;
use crate::support::HOUR;

/// Each visitor has a session of its own; one who is answered with another's ends the test.
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    visitors: JoinSet<Vec<Visit>>,
}

/// One request: read the session, then change it.
pub(super) struct Visit {
    pub(super) began: Instant,
    pub(super) took: Duration,
    pub(super) outcome: Result<Came, StoreErrorKind>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Came {
    Anew,
    Again,
}

impl Traffic {
    pub(super) fn begin(store: &RedisStore, visitors: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for _ in 0..visitors {
            let (store, stop, id) = (store.clone(), stop.clone(), id());
            tasks.spawn(async move {
                let mut visits = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let outcome = visit(&store, id).await.map_err(|error| error.kind());
                    visits.push(Visit { began, took: began.elapsed(), outcome });
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                visits
            });
        }
        Self { stop, visitors: tasks }
    }

    pub(super) async fn end(self) -> Vec<Visit> {
        self.stop.store(true, Ordering::Relaxed);
        self.visitors.join_all().await.into_iter().flatten().collect()
    }
}

async fn visit(store: &RedisStore, id: SessionId) -> Result<Came, StoreError> {
    let entry = || Entry::new(id.to_string(), HOUR);
    let Some(found) = store.load(id).await? else {
        return store.create(id, &entry()).await.map(|_| Came::Anew);
    };
    assert_eq!(**found.payload(), *id.to_string().as_bytes(), "someone else's session");
    store.update(id, found.revision(), &entry()).await.map(|_| Came::Again)
}

/// Every visit that began in this time.
pub(super) fn between(visits: &[Visit], from: Instant, until: Instant) -> impl Iterator<Item = &Visit> {
    visits.iter().filter(move |visit| (from..until).contains(&visit.began))
}

/// How long after a moment the last visit failed; nothing if none did.
pub(super) fn last_failure_after(visits: &[Visit], moment: Instant) -> Duration {
    let failed = visits.iter().filter(|visit| visit.outcome.is_err());
    failed.map(|visit| (visit.began + visit.took).saturating_duration_since(moment)).max().unwrap_or_default()
}
