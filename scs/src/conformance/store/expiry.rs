//! Records end when their time to live does, by the store's own clock.

use std::time::Duration;

use super::super::harness::{Failure, Harness, MINUTE, Verdict, ensure, entry, expect, id, outlive, payload, short};
use crate::store::{Created, Entry, Store, Updated};

const YEAR: Duration = Duration::from_hours(365 * 24);

fn living(payload: &str, ttl: Duration) -> Entry {
    Entry::new(payload.to_owned(), ttl)
}

pub async fn a_record_lives_as_long_as_its_time_to_live<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let _ = store.create(id, &living("one", ttl)).await?;
    harness.pass(harness.precision()).await;
    expect("payload before the end", payload(&store, id).await?.as_deref(), Some("one"))?;
    outlive(harness, ttl).await;
    expect("payload after the end", payload(&store, id).await?, None)
}

pub async fn load_tells_the_time_that_is_left<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let _ = store.create(id, &living("one", MINUTE)).await?;
    harness.pass(harness.precision() * 10).await;
    let left = store.load(id).await?.ok_or_else(|| Failure::new("load found nothing"))?.ttl();
    let least = MINUTE.saturating_sub(harness.latency() * 8 + harness.precision() * 12);
    let most = MINUTE.saturating_sub(harness.precision() * 9);
    ensure(left <= most && left >= least, || format!("{left:?} are left where {least:?} to {most:?} are due"))
}

pub async fn update_starts_the_time_anew<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = living("one", ttl);
    let _ = store.create(id, &one).await?;
    let _ = store.update(id, one.revision(), &living("two", MINUTE)).await?;
    outlive(harness, ttl).await;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}

pub async fn update_may_shorten_the_time<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = living("one", MINUTE);
    let _ = store.create(id, &one).await?;
    let _ = store.update(id, one.revision(), &living("two", ttl)).await?;
    outlive(harness, ttl).await;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn an_expired_record_leaves_its_id_free<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let _ = store.create(id, &living("one", ttl)).await?;
    outlive(harness, ttl).await;
    expect("create", store.create(id, &entry("two")).await?, Created::Created)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}

pub async fn an_expired_record_is_never_updated<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = living("one", ttl);
    let _ = store.create(id, &one).await?;
    outlive(harness, ttl).await;
    let updated = store.update(id, one.revision(), &entry("two")).await?;
    ensure(updated != Updated::Updated, || "update brought an expired record back".to_owned())?;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn an_expired_record_is_never_touched<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = living("one", ttl);
    let _ = store.create(id, &one).await?;
    outlive(harness, ttl).await;
    store.touch(id, one.revision(), MINUTE).await?;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn deleting_an_expired_record_deletes_nothing<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let _ = store.create(id, &living("one", ttl)).await?;
    outlive(harness, ttl).await;
    expect("delete", store.delete(id).await?, false)
}

pub async fn no_time_to_live_is_no_life<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let _ = store.create(id, &living("one", Duration::ZERO)).await?;
    harness.pass(harness.precision()).await;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn the_shortest_time_to_live_ends<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let _ = store.create(id, &living("one", Duration::from_nanos(1))).await?;
    harness.pass(harness.precision() * 2).await;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn ten_years_are_kept<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let _ = store.create(id, &living("one", 10 * YEAR)).await?;
    let left = store.load(id).await?.map(|stored| stored.ttl()).unwrap_or_default();
    ensure(left > 10 * YEAR - MINUTE && left <= 10 * YEAR, || format!("{left:?} are left of ten years"))
}

pub async fn the_longest_time_to_live_is_long<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), living("one", Duration::MAX));
    let _ = store.create(id, &one).await?;
    let left = store.load(id).await?.map(|stored| stored.ttl()).unwrap_or_default();
    ensure(left > 10 * YEAR, || format!("{left:?} are left of the longest time there is"))?;
    expect("update", store.update(id, one.revision(), &living("two", Duration::MAX)).await?, Updated::Updated)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}
