//! Writes that rely on a place: they are stored if it is still theirs.

use super::super::harness::{Harness, MINUTE, Verdict, ensure, entry, expect, id, outlive, payload, race, short, term};
use crate::{
    id::SessionId,
    store::{Admission, Created, Entry, Index as _, Limit, Store as _, Term, Updated},
};

const ROUNDS: usize = 16;

/// A sign-in, which relies on its place under the term.
fn sign_in(term: Term) -> Entry {
    entry("signed in").with_terms(vec![term], Vec::new()).with_places(vec![term])
}

async fn admit(store: &impl Limit, term: Term, id: SessionId) -> Verdict {
    expect("admission", store.admit(term, id, 1, MINUTE).await?, Admission::Admitted)
}

pub async fn a_write_that_has_its_place_is_stored<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, id, one, two) = (harness.store().await, id(), term(), term());
    admit(&store, one, id).await?;
    let first = sign_in(one);
    expect("create", store.create(id, &first).await?, Created::Created)?;
    expect("ids", store.find(one, None, 10).await?.items, vec![id])?;
    admit(&store, two, id).await?;
    let second = entry("moved").with_terms(vec![two], vec![one]).with_places(vec![two]);
    expect("update", store.update(id, first.revision(), &second).await?, Updated::Updated)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("moved"))?;
    expect("ids", store.find(two, None, 10).await?.items, vec![id])?;
    expect("ids under the former", store.find(one, None, 10).await?.items, Vec::new())
}

pub async fn a_write_that_has_its_place_is_found_as_long_as_it_can_live<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, here, term, ttl) = (harness.store().await, id(), term(), short(harness));
    expect("admission", store.admit(term, here, 1, ttl).await?, Admission::Admitted)?;
    expect("create", store.create(here, &sign_in(term)).await?, Created::Created)?;
    outlive(harness, ttl).await;
    expect("ids", store.find(term, None, 10).await?.items, vec![here])?;
    let other = store.admit(term, id(), 1, MINUTE).await?;
    ensure(matches!(other, Admission::Full(_)), || format!("{other:?} where a record has the one place"))
}

pub async fn a_write_with_a_place_that_is_sent_again_recognises_itself<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, id, term, one) = (harness.store().await, id(), term(), entry("one"));
    let (_, two) = (store.create(id, &one).await?, sign_in(term));
    admit(&store, term, id).await?;
    for _ in 0..2 {
        expect("update", store.update(id, one.revision(), &two).await?, Updated::Updated)?;
        expect("the same as a create", store.create(id, &two).await?, Created::Created)?;
    }
    expect("payload", payload(&store, id).await?.as_deref(), Some("signed in"))
}

/// How a place is lost before the write comes.
#[derive(Clone, Copy)]
enum Loss {
    Forgotten,
    TakenByDeleteUnder,
    Expired,
}

/// Admits an id and has it lose its place.
async fn lose<H: Harness>(harness: &H, store: &H::Store, term: Term, id: SessionId, loss: Loss) -> Verdict
where
    H::Store: Limit,
{
    let ttl = if matches!(loss, Loss::Expired) { short(harness) } else { MINUTE };
    expect("admission", store.admit(term, id, 1, ttl).await?, Admission::Admitted)?;
    match loss {
        Loss::Forgotten => Ok(store.forget(term, id).await?),
        Loss::TakenByDeleteUnder => expect("delete_under", store.delete_under(term, id).await?, false),
        Loss::Expired => {
            outlive(harness, ttl).await;
            Ok(())
        }
    }
}

/// Neither a create nor an update is stored once the place is gone.
async fn is_refused<H: Harness>(harness: &H, loss: Loss) -> Verdict
where
    H::Store: Limit,
{
    let (store, new, known, one) = (harness.store().await, id(), id(), entry("one"));
    let (first, second) = (term(), term());
    let _ = store.create(known, &one).await?;
    lose(harness, &store, first, new, loss).await?;
    lose(harness, &store, second, known, loss).await?;
    expect("create", store.create(new, &sign_in(first)).await?, Created::NotAdmitted)?;
    expect("payload of what was not created", payload(&store, new).await?, None)?;
    let updated = store.update(known, one.revision(), &sign_in(second)).await?;
    expect("update", updated, Updated::NotAdmitted)?;
    expect("payload of what was not updated", payload(&store, known).await?.as_deref(), Some("one"))?;
    for term in [first, second] {
        expect("ids", store.find(term, None, 10).await?.items, Vec::new())?;
    }
    expect("a plain update", store.update(known, one.revision(), &entry("two")).await?, Updated::Updated)
}

pub async fn a_write_whose_place_was_forgotten_stores_nothing<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    is_refused(harness, Loss::Forgotten).await
}

pub async fn a_write_whose_place_was_taken_by_delete_under_stores_nothing<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    is_refused(harness, Loss::TakenByDeleteUnder).await
}

pub async fn a_write_whose_place_has_expired_stores_nothing<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    is_refused(harness, Loss::Expired).await
}

pub async fn delete_under_frees_a_place_whose_write_never_comes<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, gone) = (harness.store().await, term(), id());
    admit(&store, term, gone).await?;
    expect("delete_under", harness.another(&store).await.delete_under(term, gone).await?, false)?;
    admit(&store, term, id()).await
}

pub async fn delete_under_frees_the_place_of_a_record_without_the_term<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, here) = (harness.store().await, term(), id());
    let _ = store.create(here, &entry("without the term")).await?;
    admit(&store, term, here).await?;
    expect("delete_under", store.delete_under(term, here).await?, false)?;
    expect("payload", payload(&store, here).await?.as_deref(), Some("without the term"))?;
    admit(&store, term, id()).await
}

pub async fn of_two_that_had_one_place_one_after_the_other_one_is_stored<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let (store, term, first, second) = (harness.store().await, term(), id(), id());
    admit(&store, term, first).await?;
    store.forget(term, first).await?;
    admit(&store, term, second).await?;
    expect("the first", store.create(first, &sign_in(term)).await?, Created::NotAdmitted)?;
    expect("the second", store.create(second, &sign_in(term)).await?, Created::Created)?;
    expect("payload of the first", payload(&store, first).await?, None)?;
    expect("ids", store.find(term, None, 10).await?.items, vec![second])
}

pub async fn however_a_place_is_taken_meanwhile_one_record_is_stored<H: Harness>(harness: &H) -> Verdict
where
    H::Store: Limit,
{
    let store = harness.store().await;
    let other = harness.another(&store).await;
    for round in 0..2 * ROUNDS {
        let (term, first, second) = (term(), id(), id());
        admit(&store, term, first).await?;
        let (taking, entry) = (other.clone(), sign_in(term));
        let take = async move {
            match round % 4 {
                0 | 1 => taking.forget(term, first).await?,
                _ => drop(taking.delete_under(term, first).await?),
            }
            let has_place = taking.admit(term, second, 1, MINUTE).await? == Admission::Admitted;
            Ok(has_place && taking.create(second, &sign_in(term)).await? == Created::Created)
        };
        let (created, stored) = race(round, store.create(first, &entry), take).await?;
        let (one, two) = (other.load(first).await?.is_some(), other.load(second).await?.is_some());
        ensure(!(one && two), || format!("two records in one place; the first write was {created:?}"))?;
        ensure(!one || created == Created::Created, || format!("{created:?}, and the record is there"))?;
        expect("whether the second is there", two, stored)?;
    }
    Ok(())
}
