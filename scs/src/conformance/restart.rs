//! What a store does whose server, or whose file, goes away and comes back.

use std::time::Duration;

use super::harness::{Failure, Harness, MINUTE, Verdict, ensure, entry, entry_under, expect, id, payload, term};
use crate::store::{Created, Store, Updated};

/// How long a store may take to notice that its server is back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks again until there is an answer.
async fn answered(store: &impl Store) -> Verdict {
    let tries = async {
        while store.load(id()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let answered = tokio::time::timeout(PATIENCE, tries).await;
    answered.map_err(|_| Failure::new(format!("no answer within {PATIENCE:?} of the server's return")))
}

pub async fn a_store_works_again_after_a_restart<H: Harness>(harness: &H) -> Verdict {
    let (store, one) = (harness.store().await, id());
    let _ = store.create(one, &entry("one")).await?;
    for _ in 0..2 {
        harness.restart().await;
        answered(&store).await?;
        let (two, former) = (id(), entry("two"));
        expect("create", store.create(two, &former).await?, Created::Created)?;
        expect("update", store.update(two, former.revision(), &entry("three")).await?, Updated::Updated)?;
        expect("payload", payload(&store, two).await?.as_deref(), Some("three"))?;
        expect("delete", store.delete(two).await?, true)?;
    }
    Ok(())
}

pub async fn what_was_acknowledged_is_whole_or_gone_after_a_restart<H: Harness>(harness: &H) -> Verdict {
    let store = harness.store().await;
    let (kept, deleted, former) = (id(), id(), entry_under(&[term()], &[]));
    let _ = store.create(kept, &former).await?;
    let _ = store.update(kept, former.revision(), &entry("kept")).await?;
    let _ = store.create(deleted, &entry("deleted")).await?;
    store.delete(deleted).await?;
    harness.restart().await;
    answered(&store).await?;
    expect("a record that was deleted", payload(&store, deleted).await?, None)?;
    let found = payload(&store, kept).await?;
    ensure(found.as_deref().is_none_or(|found| found == "kept"), || format!("{found:?} where the last write is due"))?;
    store.touch(kept, former.revision(), MINUTE).await?;
    Ok(())
}
