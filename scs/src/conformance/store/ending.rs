//! Deleting what one has read, and nothing that was written since.

use tokio::task::JoinSet;

use super::super::harness::{Failure, Harness, Verdict, ensure, entry, expect, id, outlive, payload, race, short};
use crate::store::{Deleted, Entry, Revision, Store, Updated};

const ROUNDS: usize = 16;

pub async fn delete_at_ends_a_record_at_its_revision<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    expect("delete_at", store.delete_at(id, one.revision()).await?, Deleted::Deleted)?;
    expect("payload", payload(&store, id).await?, None)?;
    let updated = store.update(id, one.revision(), &entry("two")).await?;
    ensure(updated != Updated::Updated, || "update replaced a deleted record".to_owned())
}

pub async fn delete_at_another_revision_is_a_conflict<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one, two) = (harness.store().await, id(), entry("one"), entry("two"));
    let _ = store.create(id, &one).await?;
    expect("delete_at", store.delete_at(id, Revision::random()).await?, Deleted::Conflict)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("one"))?;
    let _ = store.update(id, one.revision(), &two).await?;
    expect("delete_at the former revision", store.delete_at(id, one.revision()).await?, Deleted::Conflict)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))?;
    expect("revision", store.load(id).await?.map(|stored| stored.revision()), Some(two.revision()))
}

pub async fn delete_at_of_nothing_deletes_nothing<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    is_not_deleted("an unknown id", store.delete_at(id, one.revision()).await?)?;
    let _ = store.create(id, &one).await?;
    store.delete(id).await?;
    is_not_deleted("a deleted record", store.delete_at(id, one.revision()).await?)
}

pub async fn delete_at_of_an_expired_record_deletes_nothing<H: Harness>(harness: &H) -> Verdict {
    let (store, id, ttl) = (harness.store().await, id(), short(harness));
    let one = Entry::new("one", ttl);
    let _ = store.create(id, &one).await?;
    outlive(harness, ttl).await;
    is_not_deleted("an expired record", store.delete_at(id, one.revision()).await?)
}

fn is_not_deleted(what: &str, deleted: Deleted) -> Verdict {
    ensure(deleted != Deleted::Deleted, || format!("delete_at of {what}: {deleted:?} where nothing was there"))
}

pub async fn a_delete_at_and_an_update_exclude_each_other<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for round in 0..ROUNDS {
        let (id, one, two) = (id(), entry("one"), entry("two"));
        let _ = store.create(id, &one).await?;
        let (updating, revision) = (store.clone(), one.revision());
        let update = async move { updating.update(id, revision, &two).await };
        let (deleted, updated) = race(round, store.delete_at(id, revision), update).await?;
        let left = payload(&store, id).await?;
        let one_of_them = match (deleted, updated) {
            (Deleted::Deleted, Updated::Conflict | Updated::Gone) => left.is_none(),
            (Deleted::Conflict, Updated::Updated) => left.as_deref() == Some("two"),
            _ => false,
        };
        ensure(one_of_them, || format!("{deleted:?} and {updated:?}, which left {left:?}"))?;
    }
    Ok(())
}

pub async fn of_many_delete_ats_one_wins<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for _ in 0..4 {
        let (id, one, mut tasks) = (id(), entry("one"), JoinSet::new());
        let _ = store.create(id, &one).await?;
        for _ in 0..64 {
            let (store, revision) = (store.clone(), one.revision());
            tasks.spawn(async move { store.delete_at(id, revision).await });
        }
        let mut winners = 0;
        while let Some(joined) = tasks.join_next().await {
            let deleted = joined.map_err(|error| Failure::new(error.to_string()))??;
            winners += usize::from(deleted == Deleted::Deleted);
        }
        expect("winners", winners, 1)?;
        expect("payload", payload(&store, id).await?, None)?;
    }
    Ok(())
}
