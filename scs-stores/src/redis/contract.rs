//! The store contract, in scripts. What a cluster needs besides is in `apart.rs`.

use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use scs::store::{Bytes, Created, Entry, Purge, Revision, SessionId, Store, StoreError, Stored, Updated};

use super::{RedisStore, error, keys::Key, record, scripts};
use crate::millis::{duration, millis};

/// Room for a command's name and a key.
const KEY: usize = 80;

impl Store for RedisStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        if is_plain(entry) && self.set_if_new(id, entry).await? {
            return Ok(Created::Created);
        }
        let apart = self.announce(id, entry, entry.terms(), &[]).await?;
        let call = scripts::CREATE
            .on(&self.keys.record_and(id, self.together(entry.terms())))
            .arg(&record::revision(entry.revision()))
            .arg(millis(entry.ttl()))
            .arg(millis(entry.lifetime()))
            .arg(&id.to_bytes())
            .arg(record::encode(entry));
        match self.write(&call, entry.needs_full_durability()).await? {
            true => self.settle(id, apart).await.map(|()| Created::Created),
            false => self.withdraw(id, apart).await.map(|()| Created::Occupied),
        }
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        let key = self.keys.record(id);
        // Two plain commands in one round trip: cheaper than a script, and a record that ends between them is gone.
        let mut commands = Pipeline::with_capacity(2);
        for name in ["GET", "PTTL"] {
            let mut command = Cmd::with_capacity(2, KEY);
            command.arg(name).arg(key);
            commands.add_command(command);
        }
        let (record, left): (Option<Bytes>, i64) = self.connection.commands(&commands).await?;
        match record.filter(|_| left > 0) {
            Some(record) => record::decode(&record, duration(left)).map(Some).ok_or_else(error::no_record),
            None => Ok(None),
        }
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        if !entry.moves_terms() {
            return self.rewrite(id, expected, entry).await;
        }
        let (gained, dropped) = (entry.terms(), entry.dropped_terms());
        let apart = self.announce(id, entry, gained, dropped).await?;
        let mut keys = self.keys.record_and(id, self.together(gained).iter().chain(self.together(dropped)));
        keys.extend(self.mark(id, entry));
        let call = scripts::UPDATE
            .on(&keys)
            .arg(&record::revision(expected))
            .arg(&record::revision(entry.revision()))
            .arg(millis(entry.ttl()))
            .arg(millis(entry.lifetime()))
            .arg(&id.to_bytes())
            .arg(self.together(gained).len())
            .arg(record::join(gained))
            .arg(record::join(dropped))
            .arg(&**entry.payload());
        let updated = updated(self.write(&call, entry.needs_full_durability()).await?);
        match updated {
            Updated::Updated => self.settle(id, apart).await?,
            Updated::Conflict | Updated::Gone => self.withdraw(id, apart).await?,
        }
        Ok(updated)
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        let call = scripts::TOUCH.on(&[self.keys.record(id)]).arg(&record::revision(expected)).arg(millis(ttl));
        self.connection.call(&call).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        let call = scripts::DELETE.on(&[self.keys.record(id)]);
        let Some(terms) = self.write::<Option<Vec<u8>>>(&call, true).await? else { return Ok(false) };
        self.unpost(id, &record::split(&terms)).await?;
        Ok(true)
    }
}

impl RedisStore {
    /// Creates a record that has no terms. `false` if there is one already, which may be this very one.
    async fn set_if_new(&self, id: SessionId, entry: &Entry) -> Result<bool, StoreError> {
        let mut set = Cmd::with_capacity(6, 2 * KEY + entry.payload().len());
        set.arg("SET").arg(self.keys.record(id)).arg(record::encode(entry));
        set.arg("PX").arg(millis(entry.ttl())).arg("NX");
        let done: Option<Value> = self.connection.command(&set).await?;
        Ok(done.is_some())
    }

    /// Updates a record under the terms that it has.
    async fn rewrite(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let record = self.keys.record(id);
        let call = match self.mark(id, entry) {
            Some(mark) => scripts::REWRITE.on(&[record, mark]),
            None => scripts::REWRITE.on(&[record]),
        };
        let before = record::head(expected, entry.terms(), 0);
        let call = call.arg(before).arg(record::encode(entry)).arg(millis(entry.ttl()));
        Ok(updated(self.write(&call, entry.needs_full_durability()).await?))
    }

    /// The driver of a cluster may send a write again after others have written; by its mark it is recognised then.
    fn mark(&self, id: SessionId, entry: &Entry) -> Option<Key<'_>> {
        self.connection.is_cluster().then(|| self.keys.mark(id, entry.revision()))
    }
}

/// Whether a plain command can create the record: there is no index to write and no replica to wait for.
fn is_plain(entry: &Entry) -> bool {
    entry.terms().is_empty() && !entry.needs_full_durability() && millis(entry.ttl()) > 0
}

/// What the scripts that update answer.
const fn updated(answer: u8) -> Updated {
    match answer {
        0 => Updated::Updated,
        1 => Updated::Conflict,
        _ => Updated::Gone,
    }
}

/// Redis deletes what has expired by itself, so there is never anything to purge.
impl Purge for RedisStore {
    async fn purge(&self, _limit: usize) -> Result<usize, StoreError> {
        Ok(0)
    }
}
