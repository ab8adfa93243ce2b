//! The driver of a cluster, which no proxy can stand in front of, sends again what it has no answer to: the same bytes.

use std::{ops::Range, time::Duration};

use scs::{
    SessionId,
    store::{Created, Entry, Store as _, Updated},
};

use crate::support::Place;

on_every_store!(resent_writes, 10_000, #[cfg_attr(not(redis_cluster), ignore = "set SCS_REDIS_CLUSTER_URL")] on_redis_cluster "Redis Cluster", Place::keys("SCS_REDIS_CLUSTER_URL"));

/// The second time it is known below what others have written since, and is neither done again nor called a conflict, after
/// which it would be.
async fn resent_writes(place: &Place, rounds: Range<u64>) {
    let store = place.store().await;
    for round in rounds {
        let id = SessionId::from_bytes(u128::from(round).to_be_bytes());
        let [first, ours, theirs] =
            ["first", "ours", "theirs"].map(|payload| Entry::new(payload, Duration::from_mins(1)));
        assert_eq!(store.create(id, &first).await.unwrap(), Created::Created);
        assert_eq!(store.update(id, first.revision(), &ours).await.unwrap(), Updated::Updated);
        assert_eq!(store.update(id, ours.revision(), &theirs).await.unwrap(), Updated::Updated);
        assert_eq!(store.update(id, first.revision(), &ours).await.unwrap(), Updated::Updated, "sent again");
        assert_eq!(store.load(id).await.unwrap().unwrap().payload(), "theirs");
        assert!(store.delete(id).await.unwrap());
        assert_eq!(store.update(id, first.revision(), &ours).await.unwrap(), Updated::Gone, "sent again");
    }
}
