//! The store contract, in scripts. What a cluster needs besides is in `apart.rs`.

use std::time::Duration;

use scs::store::{Bytes, Created, Entry, Purge, Revision, SessionId, Store, StoreError, Stored, Updated};

use super::{RedisStore, error, record, scripts};
use crate::millis::{duration, millis};

impl Store for RedisStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let apart = self.announce(id, entry, entry.terms(), &[]).await?;
        let call = scripts::CREATE
            .on(self.keys.record_and(id, self.together(entry.terms())))
            .arg(&record::revision(entry.revision()))
            .arg(millis(entry.ttl()))
            .arg(millis(entry.lifetime()))
            .arg(&id.to_bytes())
            .arg(record::encode(entry));
        match self.write(&call, entry.needs_full_durability()).await? {
            true => self.settle(id, apart).await.map(|()| Created::Created),
            false => Ok(Created::Occupied),
        }
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        let key = self.keys.record(id);
        // Two plain commands in one round trip: cheaper than a script, and a record that ends between them is gone.
        let mut pipeline = redis::pipe();
        pipeline.get(&key).pttl(&key);
        let (record, left): (Option<Bytes>, i64) = self.connection.pipeline(pipeline).await?;
        match record.filter(|_| left > 0) {
            Some(record) => record::decode(&record, duration(left)).map(Some).ok_or_else(error::no_record),
            None => Ok(None),
        }
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let (gained, dropped) = match entry.moves_terms() {
            true => (entry.terms(), entry.dropped_terms()),
            false => (&[][..], &[][..]),
        };
        let apart = self.announce(id, entry, gained, dropped).await?;
        let mut keys = self.keys.record_and(id, self.together(gained).iter().chain(self.together(dropped)));
        keys.extend(self.connection.is_cluster().then(|| self.keys.mark(id, entry.revision())));
        let call = scripts::UPDATE
            .on(keys)
            .arg(&record::revision(expected))
            .arg(&record::revision(entry.revision()))
            .arg(millis(entry.ttl()))
            .arg(millis(entry.lifetime()))
            .arg(&id.to_bytes())
            .arg(self.together(gained).len())
            .arg(record::join(gained))
            .arg(record::join(dropped))
            .arg(&**entry.payload());
        match self.write(&call, entry.needs_full_durability()).await? {
            UPDATED => self.settle(id, apart).await.map(|()| Updated::Updated),
            CONFLICT => Ok(Updated::Conflict),
            _ => Ok(Updated::Gone),
        }
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        let call = scripts::TOUCH.on(vec![self.keys.record(id)]).arg(&record::revision(expected)).arg(millis(ttl));
        self.connection.call(&call).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        let call = scripts::DELETE.on(vec![self.keys.record(id)]);
        let Some(terms) = self.write::<Option<Vec<u8>>>(&call, true).await? else { return Ok(false) };
        self.unpost(id, &record::split(&terms)).await?;
        Ok(true)
    }
}

/// What `lua/update.lua` answers.
const UPDATED: u8 = 0;
const CONFLICT: u8 = 1;

/// Redis deletes what has expired by itself, so there is never anything to purge.
impl Purge for RedisStore {
    async fn purge(&self, _limit: usize) -> Result<usize, StoreError> {
        Ok(0)
    }
}
