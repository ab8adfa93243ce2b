use std::time::Duration;

use scs::store::{Created, Entry, Revision, SessionId, Store, StoreError, Stored, Updated};

struct MyStore;

impl Store for MyStore {
    async fn create(&self, _: SessionId, _: &Entry) -> Result<Created, StoreError> {
        Ok(Created::Created)
    }
    async fn load(&self, _: SessionId) -> Result<Option<Stored>, StoreError> {
        Ok(None)
    }
    async fn update(&self, _: SessionId, _: Revision, _: &Entry) -> Result<Updated, StoreError> {
        Ok(Updated::Gone)
    }
    async fn touch(&self, _: SessionId, _: Revision, _: Duration) -> Result<(), StoreError> {
        Ok(())
    }
    async fn delete(&self, _: SessionId) -> Result<bool, StoreError> {
        Ok(false)
    }
}
