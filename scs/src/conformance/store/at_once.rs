//! A store that says it answers at once does.

use super::super::harness::{Harness, Verdict, answered_at_once, entry, id};
use crate::store::{Revision, Store};

/// Tasks that call the store at the same time, and how often each does.
const TASKS: usize = 8;
const ROUNDS: usize = 200;

pub async fn a_store_that_answers_at_once_never_waits<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(calls(store.clone()))).collect();
    for task in tasks {
        task.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    Ok(())
}

async fn calls(store: impl Store) -> Verdict {
    for _ in 0..ROUNDS {
        let (id, one, two) = (id(), entry("one"), entry("two"));
        answered_at_once(&store, "create", store.create(id, &one))?;
        answered_at_once(&store, "load", store.load(id))?;
        answered_at_once(&store, "update", store.update(id, one.revision(), &two))?;
        answered_at_once(&store, "update at another revision", store.update(id, Revision::random(), &one))?;
        answered_at_once(&store, "touch", store.touch(id, two.revision(), two.ttl()))?;
        answered_at_once(&store, "delete_at another revision", store.delete_at(id, Revision::random()))?;
        answered_at_once(&store, "delete", store.delete(id))?;
        answered_at_once(&store, "create", store.create(id, &one))?;
        answered_at_once(&store, "delete_at", store.delete_at(id, one.revision()))?;
        tokio::task::yield_now().await;
    }
    Ok(())
}
