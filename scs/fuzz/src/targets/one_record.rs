//! A store of one record: it hands out what a target puts there and keeps what is written.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use scs::{
    ManualClock, SessionId, SessionManager, Timestamp,
    store::{Created, Cursor, Entry, Index, Page, Revision, Store, StoreError, Stored, Term, Updated},
};

/// A moment in 2026, in milliseconds since the Unix epoch.
pub(super) const NOW: Timestamp = Timestamp::from_unix_millis(1_790_000_000_000);

const DAY: Duration = Duration::from_hours(24);

/// Clones share the record.
#[derive(Clone, Default)]
pub(super) struct OneRecord(Arc<Mutex<Contents>>);

/// What there is, and what was asked of it since it was put there.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) record: Option<Bytes>,
    pub(super) terms: Vec<Term>,
    pub(super) searched: Option<Term>,
    pub(super) loads: usize,
    pub(super) writes: usize,
}

impl OneRecord {
    /// A manager with a clock that stands still, and its store.
    pub(super) fn managed<S: scs::KeptBy<Self>>() -> (SessionManager<S, Self>, Self) {
        let store = Self::default();
        let builder = SessionManager::builder(store.clone()).clock(Arc::new(ManualClock::new(NOW)));
        (builder.max_record_size(16 * 1024 * 1024).build().unwrap(), store)
    }

    pub(super) fn put(&self, record: Option<Bytes>) {
        *self.contents() = Contents { record, ..Contents::default() };
    }

    pub(super) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }

    fn write(&self, entry: &Entry) {
        let mut contents = self.contents();
        contents.record = Some(entry.payload().clone());
        contents.terms = entry.terms().to_vec();
        contents.writes += 1;
    }
}

impl Store for OneRecord {
    async fn create(&self, _: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.write(entry);
        Ok(Created::Created)
    }

    async fn load(&self, _: SessionId) -> Result<Option<Stored>, StoreError> {
        let mut contents = self.contents();
        contents.loads += 1;
        let revision = Revision::new(1).unwrap();
        Ok(contents.record.clone().map(|record| Stored::new(record, revision, DAY)))
    }

    async fn update(&self, _: SessionId, _: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.write(entry);
        Ok(Updated::Updated)
    }

    async fn touch(&self, _: SessionId, _: Revision, _: Duration) -> Result<(), StoreError> {
        Ok(())
    }

    async fn delete(&self, _: SessionId) -> Result<bool, StoreError> {
        let mut contents = self.contents();
        contents.writes += 1;
        Ok(contents.record.take().is_some())
    }
}

impl Index for OneRecord {
    async fn find(&self, term: Term, _: Option<Cursor>, _: usize) -> Result<Page<SessionId>, StoreError> {
        self.contents().searched = Some(term);
        Ok(Page { items: Vec::new(), next: None })
    }

    async fn forget(&self, _: Term, _: SessionId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn delete_under(&self, _: Term, id: SessionId) -> Result<bool, StoreError> {
        self.delete(id).await
    }
}
