//! What each operation answers, and what it leaves behind.

use super::super::harness::{Harness, MINUTE, Verdict, ensure, entry, expect, id, payload};
use crate::{
    id::SessionId,
    store::{Created, Revision, Store, Stored, Updated},
};

pub async fn create_keeps_the_entry<H: Harness>(harness: &H) -> Verdict {
    let (store, id, entry) = (harness.store().await, id(), entry("one"));
    expect("create", store.create(id, &entry).await?, Created::Created)?;
    let stored = store.load(id).await?;
    ensure(stored.is_some(), || "load found nothing after create".to_owned())?;
    let stored = stored.as_ref();
    expect("payload", stored.map(|stored| stored.payload().to_vec()), Some(b"one".to_vec()))?;
    expect("revision", stored.map(Stored::revision), Some(entry.revision()))
}

pub async fn create_never_overwrites<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    expect("create", store.create(id, &entry("one")).await?, Created::Created)?;
    expect("a second create", store.create(id, &entry("two")).await?, Created::Occupied)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("one"))
}

pub async fn an_unknown_id_is_absent<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    ensure(store.load(id()).await?.is_none(), || "load found a record that nobody created".to_owned())
}

pub async fn update_replaces_payload_and_revision<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one, two) = (harness.store().await, id(), entry("one"), entry("two"));
    let _ = store.create(id, &one).await?;
    expect("update", store.update(id, one.revision(), &two).await?, Updated::Updated)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))?;
    expect("revision", store.load(id).await?.map(|stored| stored.revision()), Some(two.revision()))
}

pub async fn update_at_another_revision_is_a_conflict<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    let updated = store.update(id, Revision::random(), &entry("two")).await?;
    expect("update", updated, Updated::Conflict)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("one"))?;
    expect("revision", store.load(id).await?.map(|stored| stored.revision()), Some(one.revision()))
}

pub async fn update_never_creates<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let updated = store.update(id, Revision::random(), &entry("one")).await?;
    ensure(updated != Updated::Updated, || "update said that it replaced what is not there".to_owned())?;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn update_never_brings_back<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    store.delete(id).await?;
    let updated = store.update(id, one.revision(), &entry("two")).await?;
    ensure(updated != Updated::Updated, || "update replaced a deleted record".to_owned())?;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn delete_removes_and_says_so<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let _ = store.create(id, &entry("one")).await?;
    expect("delete", store.delete(id).await?, true)?;
    expect("payload", payload(&store, id).await?, None)
}

pub async fn delete_of_nothing_is_no_error<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    expect("delete of an unknown id", store.delete(id).await?, false)?;
    let _ = store.create(id, &entry("one")).await?;
    store.delete(id).await?;
    expect("a second delete", store.delete(id).await?, false)
}

pub async fn a_deleted_id_may_be_created_again<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let _ = store.create(id, &entry("one")).await?;
    store.delete(id).await?;
    expect("create", store.create(id, &entry("two")).await?, Created::Created)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}

pub async fn ids_are_compared_bit_by_bit<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    // Letters, so that a store that takes upper and lower case for the same is noticed.
    let first = SessionId::from_bytes(*b"abcdefghijklmnop");
    let neighbours = (0..128).map(|bit| {
        let mut bytes = first.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        SessionId::from_bytes(bytes)
    });
    let _ = store.create(first, &entry("first")).await?;
    for (bit, neighbour) in neighbours.enumerate() {
        ensure(store.load(neighbour).await?.is_none(), || format!("an id that differs in bit {bit} is the same"))?;
        expect("create of a neighbour", store.create(neighbour, &entry("other")).await?, Created::Created)?;
    }
    expect("payload", payload(&store, first).await?.as_deref(), Some("first"))
}

pub async fn ids_are_any_bytes<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for bytes in
        [[0; 16], [255; 16], *b"it's \"\\;--%_\n\r\t\x00", *b"AAAAAAAAAAAAAAAA", *b"aaaaaaaaaaaaaaaa", [b' '; 16]]
    {
        let id = SessionId::from_bytes(bytes);
        expect("create", store.create(id, &entry(&format!("{bytes:?}"))).await?, Created::Created)?;
        expect("payload", payload(&store, id).await?, Some(format!("{bytes:?}")))?;
    }
    Ok(())
}

pub async fn revisions_are_any_number<H: Harness>(harness: &H) -> Verdict {
    let (store, id, mut last) = (harness.store().await, id(), entry("0"));
    let _ = store.create(id, &last).await?;
    for number in [1, 2, u64::MAX, i64::MAX as u64, i64::MAX as u64 + 1, 1 << 53, (1 << 53) + 1, 1 << 32] {
        let Some(revision) = Revision::new(number) else { continue };
        let next = entry(&number.to_string()).with_revision(revision);
        expect("update", store.update(id, last.revision(), &next).await?, Updated::Updated)?;
        expect("revision", store.load(id).await?.map(|stored| stored.revision().get()), Some(number))?;
        last = next;
    }
    Ok(())
}

pub async fn a_create_that_is_sent_again_recognises_itself<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one) = (harness.store().await, id(), entry("one"));
    let _ = store.create(id, &one).await?;
    expect("the same create again", store.create(id, &one).await?, Created::Created)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("one"))
}

pub async fn an_update_that_is_sent_again_recognises_itself<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one, two) = (harness.store().await, id(), entry("one"), entry("two"));
    let _ = store.create(id, &one).await?;
    let _ = store.update(id, one.revision(), &two).await?;
    expect("the same update again", store.update(id, one.revision(), &two).await?, Updated::Updated)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}

pub async fn a_late_create_overwrites_nothing<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one, two) = (harness.store().await, id(), entry("one"), entry("two"));
    let _ = store.create(id, &one).await?;
    let _ = store.update(id, one.revision(), &two).await?;
    expect("the first create again", store.create(id, &one).await?, Created::Occupied)?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("two"))
}

pub async fn a_late_update_overwrites_nothing<H: Harness>(harness: &H) -> Verdict {
    let (store, id, one, two, three) = (harness.store().await, id(), entry("one"), entry("two"), entry("three"));
    let _ = store.create(id, &one).await?;
    let _ = store.update(id, one.revision(), &two).await?;
    let _ = store.update(id, two.revision(), &three).await?;
    // A store that remembers its writes may say that this one was done.
    let again = store.update(id, one.revision(), &two).await?;
    ensure(again != Updated::Gone, || "the first update again: Gone where Conflict is due".to_owned())?;
    expect("payload", payload(&store, id).await?.as_deref(), Some("three"))
}

pub async fn records_do_not_touch_each_other<H: Harness>(harness: &H) -> Verdict {
    let (store, one, other) = (harness.store().await, id(), id());
    let first = entry("one");
    let _ = (store.create(one, &first).await?, store.create(other, &entry("other")).await?);
    let _ = store.update(one, first.revision(), &entry("changed")).await?;
    store.touch(one, first.revision(), MINUTE).await?;
    store.delete(one).await?;
    expect("payload of the other", payload(&store, other).await?.as_deref(), Some("other"))
}
