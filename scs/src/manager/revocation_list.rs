//! Lists of sealed sessions that are over, and how they get rid of what would be over anyway.

use std::{future::Future, pin::Pin, time::Duration};

use super::{PURGE_BATCH, SHORTEST_PERIOD, time_limit::within, warnings};
use crate::{
    error::StoreError,
    sealed::RevocationList,
    store::{Answer, Purge},
};

impl<St: Purge> RevocationList<St> {
    /// Deletes the ids of sessions that would be over by now in any case, and says how many there were.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn delete_expired(&self) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let purge = Answer::of(self.0.answers_at_once(), self.0.purge(PURGE_BATCH));
            let batch = within(self.0.default_timeout(), purge).await?;
            deleted += batch as u64;
            if batch < PURGE_BATCH {
                return Ok(deleted);
            }
        }
    }

    /// Deletes them again and again, a second apart at least: a future to be spawned. Failures are logged and tried again.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use scs::{MemoryStore, sealed::RevocationList};
    ///
    /// let revoked = RevocationList::new(MemoryStore::new());
    /// tokio::spawn(revoked.delete_expired_every(Duration::from_secs(60 * 60)));
    /// # }
    /// ```
    #[must_use = "nothing is deleted until the future is spawned"]
    pub fn delete_expired_every(&self, period: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>
    where
        St: Clone,
    {
        let list = self.clone();
        Box::pin(async move {
            loop {
                tokio::time::sleep(period.max(SHORTEST_PERIOD)).await;
                if let Err(error) = list.delete_expired().await {
                    warnings::purge_failed(&error);
                }
            }
        })
    }
}
