//! What a store does that can find records by their terms, and end them.

mod ending;

use tokio::task::JoinSet;

pub use self::ending::*;
use super::harness::{
    Failure, Harness, MINUTE, Verdict, answered_at_once, ensure, entry, entry_under, expect, id, outlive, short, term,
};
use crate::{
    id::SessionId,
    store::{Entry, Index, Store as _, Term, Updated},
};

const ENDLESS: usize = 100_000;

/// Every id under a term, in their order.
async fn find<H: Harness>(store: &H::Store, term: Term, limit: usize) -> Result<Vec<SessionId>, Failure>
where
    H::Store: Index,
{
    let (mut all, mut cursor) = (Vec::new(), None);
    for _ in 0..ENDLESS {
        let page = store.find(term, cursor, limit).await?;
        ensure(page.items.len() <= limit, || format!("{} ids on a page of {limit}", page.items.len()))?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            all.sort_unstable();
            return Ok(all);
        }
    }
    Err(Failure::new("the list does not end"))
}

pub async fn a_record_is_found_under_its_terms<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, one, two) = (harness.store().await, id(), term(), term());
    let _ = store.create(id, &entry_under(&[one, two], &[])).await?;
    expect("under the first", find::<H>(&store, one, 10).await?, vec![id])?;
    expect("under the second", find::<H>(&store, two, 10).await?, vec![id])
}

pub async fn nothing_is_found_under_an_unknown_term<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, one) = (harness.store().await, term());
    let _ = store.create(id(), &entry_under(&[one], &[])).await?;
    expect("ids", find::<H>(&store, term(), 10).await?, Vec::new())?;
    let _ = store.create(id(), &entry("without terms")).await?;
    expect("how many", find::<H>(&store, one, 10).await?.len(), 1)
}

pub async fn many_records_share_a_term_page_by_page<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, shared) = (harness.store().await, term());
    let mut ids = Vec::new();
    for _ in 0..45 {
        let id = id();
        let _ = store.create(id, &entry_under(&[shared], &[])).await?;
        ids.push(id);
    }
    ids.sort_unstable();
    for limit in [100, 7, 1] {
        expect("ids", find::<H>(&store, shared, limit).await?, ids.clone())?;
    }
    Ok(())
}

pub async fn a_page_under_a_term_may_have_any_limit<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, term) = (harness.store().await, id(), term());
    let _ = store.create(id, &entry_under(&[term], &[])).await?;
    expect("ids", find::<H>(&store, term, usize::MAX).await?, vec![id])
}

pub async fn terms_are_any_bytes<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let store = harness.store().await;
    for bytes in [[0; 16], [255; 16], *b"it's \"\\;--%_\n\r\t\x00", *b"AAAAAAAAAAAAAAAA", *b"aaaaaaaaaaaaaaaa"] {
        let (id, term) = (id(), Term::from_bytes(bytes));
        let _ = store.create(id, &entry_under(&[term], &[])).await?;
        expect("ids", find::<H>(&store, term, 10).await?, vec![id])?;
    }
    Ok(())
}

pub async fn an_update_moves_a_record_between_terms<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, before, after, kept) = (harness.store().await, id(), term(), term(), term());
    let one = entry_under(&[before, kept], &[]);
    let _ = store.create(id, &one).await?;
    let two = entry_under(&[after, kept], &[before]);
    expect("update", store.update(id, one.revision(), &two).await?, Updated::Updated)?;
    expect("under the new one", find::<H>(&store, after, 10).await?, vec![id])?;
    expect("under the one that stays", find::<H>(&store, kept, 10).await?, vec![id])?;
    expect("under the old one", find::<H>(&store, before, 10).await?, Vec::new())
}

pub async fn an_update_without_terms_of_its_own_keeps_others<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, known, unknown) = (harness.store().await, id(), term(), term());
    let one = entry_under(&[known, unknown], &[]);
    let _ = store.create(id, &one).await?;
    // A binary that does not know the second field writes neither that it has the term nor that it lost it.
    let _ = store.update(id, one.revision(), &entry_under(&[known], &[])).await?;
    expect("under the term the writer does not know", find::<H>(&store, unknown, 10).await?, vec![id])
}

pub async fn an_update_that_can_live_longer_is_found_so_long_under_every_term<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, known, unknown, ttl) = (harness.store().await, id(), term(), term(), short(harness));
    let one = Entry::new("one", ttl).with_terms(vec![known, unknown], Vec::new());
    let _ = store.create(id, &one).await?;
    // A sign-in by a binary that does not know the second field.
    let two = entry_under(&[known], &[]);
    expect("update", store.update(id, one.revision(), &two).await?, Updated::Updated)?;
    outlive(harness, ttl).await;
    expect("under the term the writer knows", find::<H>(&store, known, 10).await?, vec![id])?;
    expect("under the term the writer does not know", find::<H>(&store, unknown, 10).await?, vec![id])?;
    expect("delete_under", store.delete_under(unknown, id).await?, true)
}

pub async fn an_update_that_loses_moves_nothing<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, kept) = (harness.store().await, id(), term());
    let (one, two) = (entry_under(&[kept], &[]), entry_under(&[kept], &[]));
    let _ = store.create(id, &one).await?;
    let _ = store.update(id, one.revision(), &two).await?;
    let late = entry_under(&[], &[kept]);
    expect("a late update", store.update(id, one.revision(), &late).await?, Updated::Conflict)?;
    expect("ids", find::<H>(&store, kept, 10).await?, vec![id])
}

pub async fn what_is_forgotten_is_found_no_more<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, term) = (harness.store().await, id(), term());
    let _ = store.create(id, &entry_under(&[term], &[])).await?;
    store.delete(id).await?;
    store.forget(term, id).await?;
    expect("ids", find::<H>(&store, term, 10).await?, Vec::new())?;
    store.forget(term, id).await?;
    Ok(())
}

pub async fn a_touched_record_is_found_as_long_as_it_lives<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, term, ttl) = (harness.store().await, id(), term(), short(harness));
    let one = Entry::new("one", ttl).with_lifetime(MINUTE).with_terms(vec![term], Vec::new());
    let _ = store.create(id, &one).await?;
    store.touch(id, one.revision(), MINUTE).await?;
    outlive(harness, ttl).await;
    ensure(store.load(id).await?.is_some(), || "the touched record is gone".to_owned())?;
    expect("ids", find::<H>(&store, term, 10).await?, vec![id])
}

pub async fn entries_end_with_the_lifetime_of_their_record<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, term, ttl) = (harness.store().await, term(), short(harness));
    for _ in 0..5 {
        let _ = store.create(id(), &Entry::new("one", ttl).with_terms(vec![term], Vec::new())).await?;
    }
    outlive(harness, ttl).await;
    expect("ids", find::<H>(&store, term, 10).await?, Vec::new())
}

pub async fn no_live_record_is_missing_while_many_are_created<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, shared, mut tasks) = (harness.store().await, term(), JoinSet::new());
    for _ in 0..64 {
        let store = store.clone();
        tasks.spawn(async move {
            let id = id();
            let _ = store.create(id, &entry_under(&[shared], &[])).await?;
            // Whoever can load it can find it.
            let found = find::<H>(&store, shared, 1000).await?;
            ensure(found.contains(&id), || "a record that was created is not found".to_owned())
        });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.map_err(|error| Failure::new(error.to_string()))??;
    }
    expect("how many", find::<H>(&store, shared, 10).await?.len(), 64)
}

pub async fn a_list_under_a_term_ends_while_its_records_are_deleted<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, shared, mut left) = (harness.store().await, term(), 30);
    for _ in 0..left {
        let _ = store.create(id(), &entry_under(&[shared], &[])).await?;
    }
    for _ in 0..ENDLESS {
        let page = store.find(shared, None, 7).await?;
        if page.items.is_empty() && page.next.is_none() {
            break;
        }
        for id in page.items {
            left -= usize::from(store.delete(id).await?);
            store.forget(shared, id).await?;
        }
    }
    expect("records left", left, 0)
}

pub async fn a_list_under_a_term_has_the_newest_first_and_ends_while_others_come<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, shared) = (harness.store().await, term());
    let first = u128::from_be_bytes(id().to_bytes()) & !0xffff;
    let mut next = (first..).map(|number| SessionId::from_bytes(number.to_be_bytes()));
    let (mut before, mut listed, mut cursor) = (Vec::new(), Vec::new(), None);
    for id in next.by_ref().take(20) {
        let _ = store.create(id, &entry_under(&[shared], &[])).await?;
        before.push(id);
    }
    for _ in 0..ENDLESS {
        let page = store.find(shared, cursor, 3).await?;
        listed.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            before.reverse();
            return expect("ids", listed, before);
        }
        // More than a page has.
        for id in next.by_ref().take(4) {
            let _ = store.create(id, &entry_under(&[shared], &[])).await?;
        }
        ensure(listed.len() <= before.len(), || "the list has what came after it was begun".to_owned())?;
    }
    Err(Failure::new("the list does not end"))
}

pub async fn an_index_of_a_store_that_answers_at_once_never_waits<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, term) = (harness.store().await, term());
    answered_at_once(&store, "find", store.find(term, None, 1))?;
    answered_at_once(&store, "forget", store.forget(term, id()))?;
    let id = id();
    let _ = store.create(id, &entry_under(&[term], &[])).await?;
    answered_at_once(&store, "delete_under", store.delete_under(term, id))?;
    answered_at_once(&store, "delete_under of nothing", store.delete_under(term, id))
}
