//! What a store does whose expired records must be deleted.

use super::harness::{
    Failure, Harness, MINUTE, Verdict, answered_at_once, ensure, entry, expect, id, outlive, payload, short,
};
use crate::store::{Entry, Purge, Store as _};

pub async fn only_what_has_expired_is_purged<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let (store, kept, ttl) = (harness.store().await, id(), short(harness));
    let _ = store.create(kept, &entry("kept")).await?;
    let _ = store.create(id(), &Entry::new("expired", ttl)).await?;
    outlive(harness, ttl).await;
    expect("purged", store.purge(10).await?, 1)?;
    expect("payload", payload(&store, kept).await?.as_deref(), Some("kept"))
}

pub async fn everything_that_has_expired_is_purged<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let (store, ttl) = (harness.store().await, short(harness));
    for _ in 0..5 {
        let _ = store.create(id(), &Entry::new("expired", ttl)).await?;
    }
    outlive(harness, ttl).await;
    expect("purged", store.purge(100).await?, 5)?;
    expect("purged again", store.purge(usize::MAX).await?, 0)
}

pub async fn a_purge_deletes_no_more_than_asked<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let (store, ttl) = (harness.store().await, short(harness));
    for _ in 0..5 {
        let _ = store.create(id(), &Entry::new("expired", ttl)).await?;
    }
    outlive(harness, ttl).await;
    let mut batches = Vec::new();
    for _ in 0..4 {
        batches.push(store.purge(2).await?);
    }
    ensure(batches.iter().all(|batch| *batch <= 2), || format!("batches of {batches:?} where 2 were asked for"))?;
    expect("purged", batches.iter().sum::<usize>(), 5)
}

pub async fn there_may_be_nothing_to_purge<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let store = harness.store().await;
    expect("purged from nothing", store.purge(10).await?, 0)?;
    let _ = store.create(id(), &entry("kept")).await?;
    expect("purged from what lives", store.purge(10).await?, 0)
}

pub async fn what_was_touched_is_not_purged<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = Entry::new("one", ttl);
    let _ = store.create(id, &one).await?;
    store.touch(id, one.revision(), MINUTE).await?;
    outlive(harness, ttl).await;
    expect("purged", store.purge(10).await?, 0)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("one"))
}

pub async fn what_was_created_anew_is_not_purged<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let _ = store.create(id, &Entry::new("one", ttl)).await?;
    outlive(harness, ttl).await;
    let _ = store.create(id, &entry("two")).await?;
    store.purge(10).await?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}

pub async fn what_was_updated_is_not_purged<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = Entry::new("one", ttl);
    let _ = store.create(id, &one).await?;
    let _ = store.update(id, one.revision(), &entry("two")).await?;
    outlive(harness, ttl).await;
    store.purge(10).await?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}

pub async fn purging_at_once_counts_each_record_once<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let (store, ttl) = (harness.store().await, short(harness));
    for _ in 0..40 {
        let _ = store.create(id(), &Entry::new("expired", ttl)).await?;
    }
    outlive(harness, ttl).await;
    let purging = store.clone();
    let other = tokio::spawn(async move { purging.purge(100).await });
    let one = store.purge(100).await?;
    let other = other.await.map_err(|error| Failure::new(error.to_string()))??;
    expect("purged", one + other + store.purge(100).await?, 40)
}

pub async fn a_purge_of_a_store_that_answers_at_once_never_waits<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Purge,
{
    let store = harness.store().await;
    answered_at_once(&store, "purge", store.purge(1))
}
