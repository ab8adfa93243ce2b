//! Writing what waits: once, and again and again.

use std::{future::Future, sync::Arc};

use scs::{
    SessionId,
    store::{Store, StoreError, StoreErrorKind},
};
use tokio::task::{JoinError, JoinSet};

use super::{Shared, Tiered, write_behind::Behind};

/// How many sessions are written at once.
const WRITERS: usize = 16;

/// What became of the changes that waited.
#[derive(Debug, Default)]
#[non_exhaustive]
#[must_use = "changes may have been lost or failed"]
pub struct FlushReport {
    /// How many sessions were written.
    pub written: usize,
    /// Sessions whose waiting changes were dropped since the last report, because the durable store had another
    /// revision or no such session: another process writes there, or the session ended.
    pub lost: Vec<SessionId>,
    /// How many sessions could not be written. Their changes still wait, and are written by the next flush.
    pub failed: usize,
    /// Why the first of those could not.
    pub error: Option<StoreError>,
}

impl FlushReport {
    fn count(&mut self, outcome: Result<Result<bool, StoreError>, JoinError>) {
        match outcome.unwrap_or_else(|panic| Err(panicked(panic))) {
            Ok(has_written) => self.written += usize::from(has_written),
            Err(error) => {
                self.failed += 1;
                self.error.get_or_insert(error);
            }
        }
    }
}

fn panicked(error: JoinError) -> StoreError {
    StoreError::new(StoreErrorKind::Other, "the durable store panicked while it was written").with_source(error)
}

impl<C: Store, D: Store> Tiered<C, D> {
    /// Writes all that waits, sixteen sessions at a time. Call it when the application shuts down, after the last
    /// request; what is neither flushed nor written through is lost with the process.
    ///
    /// Dropped halfway, it leaves what it did not write waiting. Without [`write_behind`] nothing ever waits.
    ///
    /// [`write_behind`]: super::TieredBuilder::write_behind
    pub async fn flush(&self) -> FlushReport {
        let mut report = FlushReport::default();
        let Some(behind) = &self.shared.behind else { return report };
        let mut writers = JoinSet::new();
        for id in behind.dirty.ids() {
            if writers.len() >= WRITERS
                && let Some(outcome) = writers.join_next().await
            {
                report.count(outcome);
            }
            writers.spawn(drain_in_turn(Arc::clone(&self.shared), id));
        }
        while let Some(outcome) = writers.join_next().await {
            report.count(outcome);
        }
        report.lost = behind.take_lost();
        report
    }

    /// Flushes for ever, once per interval: a future to be spawned, without which nothing that waits is written.
    /// Each report is handed over, to be logged. Without [`write_behind`] it ends at once.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use scs::MemoryStore;
    /// # use scs_stores::{MemoryCache, Tiered, WriteBehind};
    /// # async fn example() {
    /// let store = Tiered::builder(MemoryCache::new(100_000), MemoryStore::new())
    ///     .write_behind(WriteBehind::every(Duration::from_secs(5)))
    ///     .build();
    /// tokio::spawn(store.flusher(|report| {
    ///     if report.failed > 0 || !report.lost.is_empty() {
    ///         eprintln!("sessions not saved: {report:?}");
    ///     }
    /// }));
    /// # }
    /// ```
    ///
    /// [`write_behind`]: super::TieredBuilder::write_behind
    #[must_use = "nothing is written until the future is spawned"]
    pub fn flusher(
        &self,
        mut on_report: impl FnMut(FlushReport) + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let tiered = self.clone();
        async move {
            let Some(interval) = tiered.shared.behind.as_ref().map(Behind::interval) else { return };
            loop {
                tokio::time::sleep(interval).await;
                on_report(tiered.flush().await);
            }
        }
    }
}

async fn drain_in_turn<C: Store, D: Store>(shared: Arc<Shared<C, D>>, id: SessionId) -> Result<bool, StoreError> {
    let Some(behind) = &shared.behind else { return Ok(false) };
    let _turn = behind.dirty.turn(id).await;
    shared.drain(behind, id).await
}
