//! Ending a record by its term.

use tokio::task::JoinSet;

use super::{
    super::{
        harness::{
            Failure, Harness, MINUTE, Verdict, ensure, entry, entry_under, expect, id, outlive, payload, race, short,
            term,
        },
        store::{DROPS, drop_after},
    },
    find,
};
use crate::store::{Entry, Index, Store as _, Updated};

const ROUNDS: usize = 16;

pub async fn delete_under_ends_what_has_the_term<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, one, two) = (harness.store().await, id(), term(), term());
    let _ = store.create(id, &entry_under(&[one, two], &[])).await?;
    expect("delete_under", store.delete_under(one, id).await?, true)?;
    expect("payload", payload(&store, id).await?, None)?;
    expect("under the term", find::<H>(&store, one, 10).await?, Vec::new())?;
    expect("under the other", find::<H>(&store, two, 10).await?, Vec::new())
}

pub async fn delete_under_of_nothing_is_false<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, term) = (harness.store().await, id(), term());
    expect("delete_under of an unknown id", store.delete_under(term, id).await?, false)?;
    let _ = store.create(id, &entry_under(&[term], &[])).await?;
    expect("delete_under", store.delete_under(term, id).await?, true)?;
    expect("a second delete_under", store.delete_under(term, id).await?, false)
}

pub async fn delete_under_ends_what_gained_the_term_elsewhere<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, term, one) = (harness.store().await, id(), term(), entry("one"));
    let _ = store.create(id, &one).await?;
    let other = harness.another(&store).await;
    // From now on it may be in a cache of the other handle's.
    expect("payload", payload(&other, id).await?.as_deref(), Some("one"))?;
    let updated = store.update(id, one.revision(), &entry_under(&[term], &[])).await?;
    expect("update", updated, Updated::Updated)?;
    expect("delete_under", other.delete_under(term, id).await?, true)?;
    expect("payload", payload(&other, id).await?, None)?;
    expect("ids", find::<H>(&store, term, 10).await?, Vec::new())
}

pub async fn delete_under_spares_what_moved_to_another_term<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, before, after) = (harness.store().await, id(), term(), term());
    let one = entry_under(&[before], &[]);
    let _ = store.create(id, &one).await?;
    let other = harness.another(&store).await;
    expect("payload", payload(&other, id).await?.as_deref(), Some("x"))?;
    let updated = store.update(id, one.revision(), &entry_under(&[after], &[before])).await?;
    expect("update", updated, Updated::Updated)?;
    expect("delete_under", other.delete_under(before, id).await?, false)?;
    ensure(store.load(id).await?.is_some(), || "a record without the term was deleted".to_owned())?;
    expect("ids", find::<H>(&store, after, 10).await?, vec![id])
}

pub async fn delete_under_takes_away_what_no_record_is_behind<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let (store, id, term, ttl) = (harness.store().await, id(), term(), short(harness));
    let one = Entry::new("one", ttl).with_lifetime(MINUTE).with_terms(vec![term], Vec::new());
    let _ = store.create(id, &one).await?;
    outlive(harness, ttl).await;
    expect("delete_under", store.delete_under(term, id).await?, false)?;
    expect("ids", find::<H>(&store, term, 10).await?, Vec::new())
}

pub async fn of_many_delete_unders_one_is_true<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let store = harness.store().await;
    for _ in 0..4 {
        let (id, term, mut tasks) = (id(), term(), JoinSet::new());
        let _ = store.create(id, &entry_under(&[term], &[])).await?;
        for _ in 0..16 {
            let store = store.clone();
            tasks.spawn(async move { store.delete_under(term, id).await });
        }
        let mut deleted = 0;
        while let Some(joined) = tasks.join_next().await {
            deleted += usize::from(joined.map_err(|error| Failure::new(error.to_string()))??);
        }
        expect("how many deleted it", deleted, 1)?;
    }
    Ok(())
}

pub async fn delete_under_and_an_update_that_drops_the_term_exclude_each_other<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let store = harness.store().await;
    let other = harness.another(&store).await;
    for round in 0..ROUNDS {
        let (id, term) = (id(), term());
        let (one, two) = (entry_under(&[term], &[]), entry_under(&[], &[term]));
        let _ = store.create(id, &one).await?;
        let updating = store.clone();
        let update = async move { updating.update(id, one.revision(), &two).await };
        let (deleted, updated) = race(round, other.delete_under(term, id), update).await?;
        ensure(deleted != (updated == Updated::Updated), || format!("{deleted} and {updated:?}"))?;
        expect("whether the record lives", other.load(id).await?.is_some(), !deleted)?;
        expect("ids", find::<H>(&store, term, 10).await?, Vec::new())?;
    }
    Ok(())
}

pub async fn what_gains_a_term_during_delete_under_is_deleted_or_found<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let store = harness.store().await;
    let other = harness.another(&store).await;
    for round in 0..ROUNDS {
        let (id, term, one) = (id(), term(), entry("one"));
        let two = entry_under(&[term], &[]);
        let _ = store.create(id, &one).await?;
        let updating = store.clone();
        let update = async move { updating.update(id, one.revision(), &two).await };
        let (deleted, updated) = race(round, other.delete_under(term, id), update).await?;
        expect("update", updated, Updated::Updated)?;
        expect("whether the record lives", other.load(id).await?.is_some(), !deleted)?;
        if !deleted {
            expect("ids", find::<H>(&store, term, 10).await?, vec![id])?;
            expect("delete_under afterwards", other.delete_under(term, id).await?, true)?;
        }
    }
    Ok(())
}

pub async fn a_dropped_delete_under_is_whole_or_nothing<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let store = harness.store().await;
    for polls in 0..DROPS {
        let (id, term) = (id(), term());
        let _ = store.create(id, &entry_under(&[term], &[])).await?;
        drop_after(polls, store.delete_under(term, id)).await;
        let is_there = match payload(&store, id).await?.as_deref() {
            None => false,
            Some("x") => true,
            Some(found) => return Err(Failure::new(format!("half a record: {found:?}"))),
        };
        let is_found = find::<H>(&store, term, 10).await?.contains(&id);
        ensure(is_found || !is_there, || "a record that lost its term and lives".to_owned())?;
        store.delete_under(term, id).await?;
        expect("payload", payload(&store, id).await?, None)?;
        expect("ids", find::<H>(&store, term, 10).await?, Vec::new())?;
    }
    Ok(())
}

pub async fn a_dropped_update_that_is_stored_is_found_under_what_it_gained<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Index,
{
    let store = harness.store().await;
    let other = harness.another(&store).await;
    let mut gained = Vec::new();
    for polls in 0..2 * DROPS {
        let (id, term, one) = (id(), term(), entry("one"));
        let two = entry_under(&[term], &[]);
        let _ = store.create(id, &one).await?;
        // As a reader does that finds the id under the term before the record has it.
        let forgetting = other.clone();
        let forget = tokio::spawn(async move {
            for _ in 0..8 {
                forgetting.forget(term, id).await?;
            }
            Ok::<_, Failure>(())
        });
        drop_after(polls, store.update(id, one.revision(), &two)).await;
        forget.await.map_err(|error| Failure::new(format!("a call panicked: {error}")))??;
        gained.push((id, term, two.revision()));
    }
    // A call that was dropped may go on by itself.
    harness.pass(harness.latency()).await;
    for (id, term, revision) in gained {
        let is_stored = store.load(id).await?.is_some_and(|found| found.revision() == revision);
        ensure(!is_stored || find::<H>(&other, term, 10).await?.contains(&id), || {
            "a record that has a term and is not found under it".to_owned()
        })?;
    }
    Ok(())
}
