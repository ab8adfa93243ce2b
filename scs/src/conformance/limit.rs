//! What a store does that can limit how many records have a term.

mod places;

use tokio::task::JoinSet;

pub use self::places::*;
use super::harness::{
    Failure, Harness, MINUTE, Verdict, answered_at_once, ensure, entry_under, expect, id, outlive, short, term,
};
use crate::store::{Admission, Index as _, Limit, SessionId, Store as _, Term};

pub async fn as_many_as_the_limit_are_admitted<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term) = (harness.store().await, term());
    for _ in 0..3 {
        expect("admission", store.admit(term, id(), 3, MINUTE).await?, Admission::Admitted)?;
    }
    let one_more = store.admit(term, id(), 3, MINUTE).await?;
    ensure(matches!(&one_more, Admission::Full(ids) if ids.len() == 3), || format!("the fourth of three: {one_more:?}"))
}

pub async fn a_full_term_names_its_ids_the_oldest_first<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term) = (harness.store().await, term());
    let mut ids = vec![id(), id(), id()];
    ids.reverse();
    for id in &ids {
        let _ = store.admit(term, *id, 3, MINUTE).await?;
        harness.pass(harness.precision() * 2).await;
    }
    expect("holders", holders(&store, term, 3).await?, ids)
}

pub async fn a_full_term_says_how_long_ago_each_was_attached<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, step) = (harness.store().await, term(), harness.precision() * 8);
    let _ = store.admit(term, id(), 2, MINUTE).await?;
    harness.pass(step).await;
    let _ = store.create(id(), &entry_under(&[term], &[])).await?;
    harness.pass(step).await;
    let Admission::Full(holders) = store.admit(term, id(), 2, MINUTE).await? else {
        return Err(Failure::new("a third was admitted where two may be"));
    };
    for (holder, steps) in holders.iter().zip([2, 1]) {
        let (at_least, at_most) = (step * steps - harness.precision(), step * steps + harness.latency() * 2);
        let age = holder.attached_for;
        ensure(at_least <= age && age <= at_most, || format!("{age:?} where {at_least:?} to {at_most:?} are due"))?;
    }
    Ok(())
}

pub async fn an_id_is_as_old_as_its_first_admission<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, older, newer) = (harness.store().await, term(), id(), id());
    let one = entry_under(&[term], &[]);
    for step in 0..4 {
        match step {
            0 | 2 => drop(store.admit(term, older, 2, MINUTE).await?),
            1 => drop(store.admit(term, newer, 2, MINUTE).await?),
            _ => drop(store.create(older, &one).await?),
        }
        harness.pass(harness.precision() * 2).await;
    }
    let _ = store.update(older, one.revision(), &entry_under(&[term], &[])).await?;
    expect("holders", holders(&store, term, 2).await?, vec![older, newer])
}

pub async fn whoever_is_in_is_admitted_again<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, id) = (harness.store().await, term(), id());
    for _ in 0..3 {
        expect("admission", store.admit(term, id, 1, MINUTE).await?, Admission::Admitted)?;
    }
    Ok(())
}

pub async fn an_id_that_is_in_is_admitted_beside_fewer_others_than_the_limit<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, [here, older, newer]) = (harness.store().await, term(), [id(), id(), id()]);
    for other in [older, here, newer] {
        expect("admission", store.admit(term, other, 3, MINUTE).await?, Admission::Admitted)?;
        harness.pass(harness.precision() * 2).await;
    }
    let Admission::Full(others) = store.admit(term, here, 2, MINUTE).await? else {
        return Err(Failure::new("a third was admitted where two may be"));
    };
    expect("the others", others.iter().map(|other| other.id).collect(), vec![older, newer])?;
    expect("beside two", store.admit(term, here, 3, MINUTE).await?, Admission::Admitted)
}

pub async fn records_under_the_term_count<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, here) = (harness.store().await, term(), id());
    let _ = store.create(here, &entry_under(&[term], &[])).await?;
    expect("holders", holders(&store, term, 1).await?, vec![here])?;
    expect("its own", store.admit(term, here, 1, MINUTE).await?, Admission::Admitted)
}

pub async fn what_is_forgotten_leaves_its_place<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, first) = (harness.store().await, term(), id());
    let _ = store.admit(term, first, 1, MINUTE).await?;
    store.forget(term, first).await?;
    expect("admission", store.admit(term, id(), 1, MINUTE).await?, Admission::Admitted)
}

pub async fn an_admission_ends_with_its_time<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, ttl) = (harness.store().await, term(), short(harness));
    let _ = store.admit(term, id(), 1, ttl).await?;
    outlive(harness, ttl).await;
    expect("admission", store.admit(term, id(), 1, MINUTE).await?, Admission::Admitted)
}

pub async fn an_admission_shortens_no_place<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, here, ttl) = (harness.store().await, term(), id(), short(harness));
    let _ = store.create(here, &entry_under(&[term], &[])).await?;
    expect("its own", store.admit(term, here, 1, ttl).await?, Admission::Admitted)?;
    outlive(harness, ttl).await;
    expect("ids", store.find(term, None, 10).await?.items, vec![here])?;
    expect("holders", holders(&store, term, 1).await?, vec![here])
}

pub async fn of_many_at_once_as_many_as_the_limit_are_admitted<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, mut tasks) = (harness.store().await, term(), JoinSet::new());
    for _ in 0..64 {
        let store = store.clone();
        tasks.spawn(async move { store.admit(term, id(), 5, MINUTE).await });
    }
    let mut admitted = 0;
    while let Some(joined) = tasks.join_next().await {
        let admission = joined.map_err(|error| Failure::new(error.to_string()))??;
        admitted += usize::from(admission == Admission::Admitted);
    }
    expect("admitted", admitted, 5)
}

pub async fn terms_are_limited_each_by_itself<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, id) = (harness.store().await, id());
    for term in [term(), term(), term()] {
        expect("admission", store.admit(term, id, 1, MINUTE).await?, Admission::Admitted)?;
    }
    Ok(())
}

/// Who has the places under a full term.
async fn holders(store: &impl Limit, term: Term, max: usize) -> Result<Vec<SessionId>, Failure> {
    match store.admit(term, id(), max, MINUTE).await? {
        Admission::Full(holders) => Ok(holders.into_iter().map(|holder| holder.id).collect()),
        Admission::Admitted => Err(Failure::new(format!("one more was admitted where {max} may be"))),
    }
}

pub async fn a_limit_of_a_store_that_answers_at_once_never_waits<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let store = harness.store().await;
    answered_at_once(&store, "admit", store.admit(term(), id(), 1, MINUTE))
}
