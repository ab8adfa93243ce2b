//! Payloads come back as they were given.

use super::super::harness::{Failure, Harness, MINUTE, Verdict, ensure, expect, id};
use crate::store::{Created, Entry, Store, Updated};

async fn comes_back<H: Harness>(harness: &H, bytes: Vec<u8>) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let entry = Entry::new(bytes.clone(), MINUTE);
    expect("create", store.create(id, &entry).await?, Created::Created)?;
    same(&store, id, &bytes).await?;
    let again = Entry::new(bytes.clone(), MINUTE);
    expect("update", store.update(id, entry.revision(), &again).await?, Updated::Updated)?;
    same(&store, id, &bytes).await
}

async fn same(store: &impl Store, id: crate::id::SessionId, bytes: &[u8]) -> Verdict {
    let stored = store.load(id).await?.ok_or_else(|| Failure::new("load found nothing"))?;
    let (length, due) = (stored.payload().len(), bytes.len());
    ensure(**stored.payload() == *bytes, || format!("{length} bytes came back that are not the {due} that were kept"))
}

pub async fn an_empty_payload_is_a_payload<H: Harness>(harness: &H) -> Verdict {
    comes_back(harness, Vec::new()).await
}

pub async fn every_byte_is_kept<H: Harness>(harness: &H) -> Verdict {
    comes_back(harness, (0..=255).collect()).await
}

pub async fn bytes_of_no_text_are_kept<H: Harness>(harness: &H) -> Verdict {
    comes_back(harness, b"\xff\xfe\x80\xc3\x28 '\\'' \x00\x00\x00 \xed\xa0\x80".to_vec()).await
}

pub async fn zeros_are_kept<H: Harness>(harness: &H) -> Verdict {
    comes_back(harness, vec![0; 300]).await
}

pub async fn kibibytes_64_are_kept<H: Harness>(harness: &H) -> Verdict {
    comes_back(harness, pattern(64 * 1024)).await
}

pub async fn one_byte_more_than_64_kibibytes_is_kept<H: Harness>(harness: &H) -> Verdict {
    comes_back(harness, pattern(64 * 1024 + 1)).await
}

pub async fn the_largest_payload_is_kept<H: Harness>(harness: &H) -> Verdict {
    comes_back(harness, pattern(harness.largest_payload())).await
}

pub async fn a_shorter_payload_leaves_nothing_of_a_longer_one<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let (long, short) = (Entry::new(pattern(10_000), MINUTE), Entry::new(pattern(3), MINUTE));
    let _ = store.create(id, &long).await?;
    let _ = store.update(id, long.revision(), &short).await?;
    same(&store, id, &pattern(3)).await
}

/// Bytes that are no repetition of one block.
fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}
