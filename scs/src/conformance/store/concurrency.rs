//! Many at once: each operation is atomic.

use tokio::task::JoinSet;

use super::super::harness::{Failure, Harness, MINUTE, Verdict, ensure, entry, expect, id, payload};
use crate::store::{Created, Entry, Store, StoreError, Updated};

const TASKS: usize = 64;
const ROUNDS: usize = 16;

/// Waits for every task and counts the answers that are meant.
async fn count<T: 'static>(
    mut tasks: JoinSet<Result<T, StoreError>>,
    is_meant: impl Fn(&T) -> bool,
) -> Result<usize, Failure> {
    let mut count = 0;
    while let Some(joined) = tasks.join_next().await {
        let answer = joined.map_err(|error| Failure::new(format!("a call panicked: {error}")))?;
        count += usize::from(is_meant(&answer?));
    }
    Ok(count)
}

pub async fn of_many_creates_one_wins<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for _ in 0..4 {
        let (id, mut tasks) = (id(), JoinSet::new());
        for number in 0..TASKS {
            let store = store.clone();
            tasks.spawn(async move { store.create(id, &entry(&number.to_string())).await });
        }
        expect("winners", count(tasks, |created| *created == Created::Created).await?, 1)?;
    }
    Ok(())
}

pub async fn of_many_updates_one_wins_each_round<H: Harness>(harness: &H) -> Verdict {
    let (store, id, mut last) = (harness.store().await, id(), entry("start"));
    let _ = store.create(id, &last).await?;
    for round in 0..8 {
        let mut tasks = JoinSet::new();
        for number in 0..TASKS {
            let (store, expected) = (store.clone(), last.revision());
            tasks.spawn(async move {
                let entry = entry(&format!("{round}/{number}"));
                store.update(id, expected, &entry).await.map(|updated| (updated, entry))
            });
        }
        let mut winners = Vec::new();
        while let Some(joined) = tasks.join_next().await {
            let (updated, entry) = joined.map_err(|error| Failure::new(format!("a call panicked: {error}")))??;
            winners.extend((updated == Updated::Updated).then_some(entry));
        }
        expect("winners", winners.len(), 1)?;
        last = winners.remove(0);
        let stored = store.load(id).await?.map(|stored| stored.revision());
        expect("the winner's revision", stored, Some(last.revision()))?;
    }
    Ok(())
}

pub async fn counting_by_compare_and_set_is_exact<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let _ = store.create(id, &entry("0")).await?;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..5 {
                loop {
                    let Some(stored) = store.load(id).await? else { return Ok(false) };
                    let number: u32 = String::from_utf8_lossy(stored.payload()).parse().unwrap_or(0);
                    let next = entry(&(number + 1).to_string());
                    // Lets others in between reading and writing.
                    tokio::task::yield_now().await;
                    if store.update(id, stored.revision(), &next).await? == Updated::Updated {
                        break;
                    }
                }
            }
            Ok(true)
        });
    }
    expect("tasks that counted to the end", count(tasks, |done| *done).await?, 8)?;
    expect("the count", payload(&store, id).await?.as_deref(), Some("40"))
}

pub async fn a_delete_is_final_against_an_update<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for _ in 0..ROUNDS {
        let (id, one) = (id(), entry("one"));
        let _ = store.create(id, &one).await?;
        let (two, updating) = (entry("two"), store.clone());
        let update = tokio::spawn(async move { updating.update(id, one.revision(), &two).await });
        store.delete(id).await?;
        let _ = update.await.map_err(|error| Failure::new(error.to_string()))??;
        ensure(store.load(id).await?.is_none(), || "an update undid a delete".to_owned())?;
    }
    Ok(())
}

pub async fn a_delete_is_final_against_a_touch<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for _ in 0..ROUNDS {
        let (id, one) = (id(), entry("one"));
        let _ = store.create(id, &one).await?;
        let touching = store.clone();
        let touch = tokio::spawn(async move { touching.touch(id, one.revision(), MINUTE).await });
        store.delete(id).await?;
        touch.await.map_err(|error| Failure::new(error.to_string()))??;
        ensure(store.load(id).await?.is_none(), || "a touch undid a delete".to_owned())?;
    }
    Ok(())
}

pub async fn a_touch_undoes_no_update<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    for _ in 0..ROUNDS {
        let (id, one, two) = (id(), entry("one"), entry("two"));
        let _ = store.create(id, &one).await?;
        let (touching, revision) = (store.clone(), one.revision());
        let touch = tokio::spawn(async move { touching.touch(id, revision, MINUTE).await });
        expect("update", store.update(id, one.revision(), &two).await?, Updated::Updated)?;
        touch.await.map_err(|error| Failure::new(error.to_string()))??;
        expect("payload", payload(&store, id).await?.as_deref(), Some("two"))?;
        expect("revision", store.load(id).await?.map(|stored| stored.revision()), Some(two.revision()))?;
    }
    Ok(())
}

pub async fn a_reader_sees_whole_records<H: Harness>(harness: &H) -> Verdict {
    let (store, id) = (harness.store().await, id());
    let whole = |letter: u8| Entry::new(vec![letter; usize::from(letter) * 50], MINUTE);
    let mut last = whole(b'A');
    let _ = store.create(id, &last).await?;
    let reading = store.clone();
    let reader = tokio::spawn(async move {
        for _ in 0..200 {
            let Some(stored) = reading.load(id).await? else { return Err(Failure::new("the record was gone")) };
            let bytes = stored.payload();
            let letter = bytes.first().copied().unwrap_or_default();
            let is_whole = bytes.len() == usize::from(letter) * 50 && bytes.iter().all(|byte| *byte == letter);
            ensure(is_whole, || format!("{} bytes that nobody wrote", bytes.len()))?;
        }
        Ok(())
    });
    for letter in (b'B'..=b'Z').cycle().take(100) {
        let next = whole(letter);
        expect("update", store.update(id, last.revision(), &next).await?, Updated::Updated)?;
        last = next;
    }
    reader.await.map_err(|error| Failure::new(error.to_string()))?
}

pub async fn many_sessions_at_once_are_kept_apart<H: Harness>(harness: &H) -> Verdict {
    let (store, mut tasks) = (harness.store().await, JoinSet::new());
    for number in 0..200 {
        let store = store.clone();
        tasks.spawn(async move {
            let (id, one, two) = (id(), entry(&format!("one {number}")), entry(&format!("two {number}")));
            let created = store.create(id, &one).await?;
            let updated = store.update(id, one.revision(), &two).await?;
            let kept = store.load(id).await?.is_some_and(|stored| **stored.payload() == **two.payload());
            let deleted = number % 2 == 0 || store.delete(id).await?;
            Ok(created == Created::Created && updated == Updated::Updated && kept && deleted)
        });
    }
    expect("sessions that saw only themselves", count(tasks, |alone| *alone).await?, 200)
}
