//! A call that is dropped at any await leaves the record as before or as after.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use super::super::harness::{Harness, MINUTE, Verdict, ensure, entry, expect, id, payload};
use crate::store::{Created, Deleted, Store, Updated};

/// At how many different polls a call is dropped.
pub(in crate::conformance) const DROPS: usize = 12;

/// Polls a call this often and drops it.
pub(in crate::conformance) async fn drop_after<T>(polls: usize, call: impl Future<Output = T>) {
    let (mut call, mut polled) = (pin!(call), 0);
    poll_fn(|context| {
        polled += 1;
        if polled > polls || call.as_mut().poll(context).is_ready() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

pub async fn a_dropped_create_is_whole_or_nothing<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for polls in 0..DROPS {
        let (id, one) = (id(), entry("one"));
        drop_after(polls, store.create(id, &one)).await;
        let found = payload(&store, id).await?;
        ensure(found.as_deref().is_none_or(|found| found == "one"), || format!("half a record: {found:?}"))?;
        expect("the same create again", store.create(id, &one).await?, Created::Created)?;
        expect("payload", payload(&store, id).await?.as_deref(), Some("one"))?;
    }
    Ok(())
}

pub async fn a_dropped_update_is_whole_or_nothing<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for polls in 0..DROPS {
        let (id, one, two) = (id(), entry("one"), entry("two"));
        let _ = store.create(id, &one).await?;
        drop_after(polls, store.update(id, one.revision(), &two)).await;
        expect("the same update again", store.update(id, one.revision(), &two).await?, Updated::Updated)?;
        expect("payload", payload(&store, id).await?.as_deref(), Some("two"))?;
    }
    Ok(())
}

pub async fn a_dropped_delete_is_whole_or_nothing<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for polls in 0..DROPS {
        let (id, one) = (id(), entry("one"));
        let _ = store.create(id, &one).await?;
        drop_after(polls, store.delete(id)).await;
        let found = payload(&store, id).await?;
        ensure(found.as_deref().is_none_or(|found| found == "one"), || format!("half a record: {found:?}"))?;
        store.delete(id).await?;
        expect("payload", payload(&store, id).await?, None)?;
    }
    Ok(())
}

pub async fn a_dropped_delete_at_is_whole_or_nothing<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for polls in 0..DROPS {
        let (id, one) = (id(), entry("one"));
        let _ = store.create(id, &one).await?;
        drop_after(polls, store.delete_at(id, one.revision())).await;
        let found = payload(&store, id).await?;
        ensure(found.as_deref().is_none_or(|found| found == "one"), || format!("half a record: {found:?}"))?;
        let again = store.delete_at(id, one.revision()).await?;
        ensure(again != Deleted::Conflict, || "another revision than that of the only write".to_owned())?;
        expect("payload", payload(&store, id).await?, None)?;
    }
    Ok(())
}

pub async fn a_dropped_touch_harms_nothing<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for polls in 0..DROPS {
        let (id, one) = (id(), entry("one"));
        let _ = store.create(id, &one).await?;
        drop_after(polls, store.touch(id, one.revision(), MINUTE)).await;
        expect("payload", payload(&store, id).await?.as_deref(), Some("one"))?;
    }
    Ok(())
}

pub async fn dropped_calls_use_nothing_up<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for number in 0..100 {
        drop_after(number % 5, store.load(id())).await;
        drop_after(number % 5, store.create(id(), &entry("one"))).await;
    }
    let id = id();
    expect("create", store.create(id, &entry("one")).await?, Created::Created)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("one"))
}
