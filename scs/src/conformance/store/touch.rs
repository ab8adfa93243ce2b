//! Touching moves the expiry and nothing else.

use std::time::Duration;

use super::super::harness::{Failure, Harness, MINUTE, Verdict, ensure, entry, expect, id, outlive, payload, short};
use crate::store::{Entry, Revision, Store, Updated};

pub async fn touch_lengthens_the_life<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = Entry::new("one", ttl);
    let _ = store.create(id, &one).await?;
    store.touch(id, one.revision(), MINUTE).await?;
    outlive(harness, ttl).await;
    expect("payload", payload(&store, id).await?.as_deref(), Some("one"))
}

pub async fn touch_may_shorten_the_life<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = entry("one");
    let _ = store.create(id, &one).await?;
    store.touch(id, one.revision(), ttl).await?;
    outlive(harness, ttl).await;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn touch_never_creates<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    store.touch(id, Revision::random(), MINUTE).await?;
    ensure(store.load(id).await?.is_none(), || "touch created a record".to_owned())
}

pub async fn touch_never_brings_back<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    store.delete(id).await?;
    store.touch(id, one.revision(), MINUTE).await?;
    ensure(store.load(id).await?.is_none(), || "touch brought a deleted record back".to_owned())
}

pub async fn touch_at_another_revision_does_nothing<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let _ = store.create(id, &Entry::new("one", ttl)).await?;
    store.touch(id, Revision::random(), MINUTE).await?;
    outlive(harness, ttl).await;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn touch_keeps_payload_and_revision<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    store.touch(id, one.revision(), 2 * MINUTE).await?;
    let stored = store.load(id).await?.ok_or_else(|| Failure::new("load found nothing after touch"))?;
    expect("payload", &**stored.payload(), b"one".as_slice())?;
    expect("revision", stored.revision(), one.revision())?;
    expect("update", store.update(id, one.revision(), &entry("two")).await?, Updated::Updated)
}

pub async fn touch_for_the_longest_time_is_long<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    store.touch(id, one.revision(), Duration::MAX).await?;
    let left = store.load(id).await?.map(|stored| stored.ttl()).unwrap_or_default();
    ensure(left > 1000 * MINUTE, || format!("{left:?} are left of the longest time there is"))
}

pub async fn touch_for_no_time_ends_the_record<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    store.touch(id, one.revision(), Duration::ZERO).await?;
    harness.pass(harness.precision()).await;
    expect("payload", payload(&store, id).await?, None)
}
