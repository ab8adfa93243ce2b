//! What a store does that can list its records.

use std::collections::BTreeMap;

use super::harness::{Failure, Harness, Verdict, answered_at_once, ensure, entry, expect, id, outlive, short};
use crate::{
    id::SessionId,
    store::{Cursor, Entry, Iterate, Store as _, Stored},
};

/// Far more pages than any case has records: a list that goes on is one that does not end.
const ENDLESS: usize = 100_000;

/// Every record, page by page, with how often it was listed.
async fn list<H: Harness>(store: &H::Store, limit: usize) -> Result<Vec<(SessionId, Stored)>, Failure>
where
    H::Store: Iterate,
{
    let (mut all, mut cursor) = (Vec::new(), None);
    for _ in 0..ENDLESS {
        let page = store.page(cursor, limit).await?;
        ensure(page.items.len() <= limit, || format!("{} records on a page of {limit}", page.items.len()))?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
    Err(Failure::new("the list does not end"))
}

async fn fill<H: Harness>(store: &H::Store, count: usize) -> Result<BTreeMap<SessionId, Entry>, Failure> {
    let mut filled = BTreeMap::new();
    for number in 0..count {
        let (id, entry) = (id(), entry(&number.to_string()));
        let _ = store.create(id, &entry).await?;
        filled.insert(id, entry);
    }
    Ok(filled)
}

pub async fn every_live_record_is_listed_once<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    let filled = fill::<H>(&store, 137).await?;
    for limit in [1000, 10, 1] {
        let mut listed: Vec<_> = list::<H>(&store, limit).await?.into_iter().map(|(id, _)| id).collect();
        listed.sort_unstable();
        expect("ids", listed, filled.keys().copied().collect())?;
    }
    Ok(())
}

pub async fn a_page_may_have_any_limit<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    let filled = fill::<H>(&store, 20).await?;
    let mut listed: Vec<_> = list::<H>(&store, usize::MAX).await?.into_iter().map(|(id, _)| id).collect();
    listed.sort_unstable();
    expect("ids", listed, filled.keys().copied().collect())
}

pub async fn listed_records_are_whole<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    let filled = fill::<H>(&store, 20).await?;
    for (id, stored) in list::<H>(&store, 7).await? {
        let entry = filled.get(&id).ok_or_else(|| Failure::new("an id that nobody created"))?;
        expect("payload", stored.payload(), entry.payload())?;
        expect("revision", stored.revision(), entry.revision())?;
        ensure(!stored.ttl().is_zero() && stored.ttl() <= entry.ttl(), || format!("{:?} are left", stored.ttl()))?;
    }
    Ok(())
}

pub async fn an_empty_store_lists_nothing<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    expect("records", list::<H>(&harness.store().await, 10).await?.len(), 0)
}

pub async fn what_is_gone_is_not_listed<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let (store, ttl) = (harness.store().await, short(harness));
    let (kept, deleted, expired) = (id(), id(), id());
    let _ = (store.create(kept, &entry("kept")).await?, store.create(deleted, &entry("deleted")).await?);
    let _ = store.create(expired, &Entry::new("expired", ttl)).await?;
    store.delete(deleted).await?;
    outlive(harness, ttl).await;
    let listed: Vec<_> = list::<H>(&store, 10).await?.into_iter().map(|(id, _)| id).collect();
    expect("ids", listed, vec![kept])
}

pub async fn a_list_is_complete_while_others_create_and_delete<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    let (staying, leaving) = (fill::<H>(&store, 60).await?, fill::<H>(&store, 60).await?);
    let (mut seen, mut cursor, mut leaving) = (BTreeMap::new(), None, leaving.into_keys());
    for _ in 0..ENDLESS {
        let page = store.page(cursor, 7).await?;
        for (id, _) in page.items {
            *seen.entry(id).or_insert(0) += 1;
        }
        for id in leaving.by_ref().take(5) {
            store.delete(id).await?;
        }
        let _ = store.create(id(), &entry("new")).await?;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let missing = staying.keys().filter(|id| !seen.contains_key(id)).count();
    expect("records that lived all the time and were not listed", missing, 0)
}

pub async fn an_update_meanwhile_hides_no_record<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    let filled = fill::<H>(&store, 40).await?;
    let (mut seen, mut cursor, mut updates) = (Vec::new(), None, filled.iter());
    for _ in 0..ENDLESS {
        let page = store.page(cursor, 3).await?;
        seen.extend(page.items.into_iter().map(|(id, _)| id));
        for (id, former) in updates.by_ref().take(3) {
            let _ = store.update(*id, former.revision(), &entry("changed")).await?;
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let missing = filled.keys().filter(|id| !seen.contains(id)).count();
    expect("records that were not listed", missing, 0)
}

pub async fn a_cursor_from_elsewhere_does_no_harm<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    let filled = fill::<H>(&store, 5).await?;
    for bytes in [&b""[..], b"0", b"\xff\xff\xff", &[0; 64]] {
        // An error or any page: what matters is that nothing panics and nothing is lost.
        let _ = store.page(Some(Cursor::new(bytes)), 10).await;
    }
    expect("records", list::<H>(&store, 10).await?.len(), filled.len())
}

pub async fn a_page_of_no_records_is_no_endless_list<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    fill::<H>(&store, 3).await?;
    // A limit of nothing may be read as one.
    let page = store.page(None, 0).await?;
    ensure(page.items.len() <= 1, || format!("{} records on a page of none", page.items.len()))
}

pub async fn a_list_of_a_store_that_answers_at_once_never_waits<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Iterate,
{
    let store = harness.store().await;
    answered_at_once(&store, "page", store.page(None, 1))
}
