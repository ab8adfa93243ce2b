//! The store contract, in scripts. What a cluster needs besides is in `apart.rs`.

use std::{sync::Arc, time::Duration};

use redis::{Cmd, Pipeline, Value};
use scs::store::{
    Bytes, Created, Deleted, Entry, Purge, Revision, SessionId, Store, StoreError, Stored, Term, Updated,
};

use super::{
    RedisStore, error, record,
    scripts::{self, Call},
};
use crate::millis::{duration, millis};

/// Room for a command's name and a key.
const KEY: usize = 80;

impl Store for RedisStore {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        if is_plain(entry) && self.set_if_new(id, entry).await? {
            return Ok(Created::Created);
        }
        let (store, entry) = (self.clone(), entry.clone());
        self.to_the_end(async move { store.create_under_terms(id, &entry).await }).await
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
        if !entry.moves_terms() && entry.places().is_empty() {
            return self.rewrite(id, expected, entry).await;
        }
        let (store, entry) = (self.clone(), entry.clone());
        self.to_the_end(async move { store.move_terms(id, expected, &entry).await }).await
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

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        let call = scripts::DELETE_AT.on(&[self.keys.record(id)]).arg(&record::revision(expected));
        let (answer, terms): (u8, Vec<u8>) = self.write(&call, true).await?;
        match answer {
            0 => self.unpost(id, &record::split(&terms)).await.map(|()| Deleted::Deleted),
            1 => Ok(Deleted::Conflict),
            _ => Ok(Deleted::Gone),
        }
    }

    fn identity(&self) -> Option<u64> {
        Some(Arc::as_ptr(&self.keys).addr() as u64)
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

    async fn create_under_terms(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        let Some(apart) = self.announce(id, entry, entry.terms(), &[]).await? else {
            return Ok(if self.has(id, entry).await? { Created::Created } else { Created::NotAdmitted });
        };
        let (terms, places) = (self.together(entry.terms()), self.together(entry.places()));
        let call = scripts::CREATE
            .on(&self.keys.record_and(id, terms.iter().chain(places)))
            .arg(&record::revision(entry.revision()))
            .arg(millis(entry.ttl()))
            .arg(millis(entry.lifetime()))
            .arg(&id.to_bytes())
            .arg(terms.len())
            .arg(record::encode(entry));
        let created = created(self.write(&call, entry.needs_full_durability()).await?);
        match created {
            Created::Created if self.settle(id, &apart).await? => Ok(Created::Created),
            Created::Created => Ok(Created::NotAdmitted),
            Created::Occupied | Created::NotAdmitted => self.withdraw(id, &apart).await.map(|()| created),
        }
    }

    /// Updates a record that gains or loses terms, or relies on places. Those that it keeps besides, because another version of
    /// the application has given it them, are posted for as long.
    async fn move_terms(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let (mut terms, dropped) = (entry.terms().to_vec(), entry.dropped_terms());
        let Some(mut apart) = self.announce(id, entry, &terms, dropped).await? else {
            return Ok(if self.has(id, entry).await? { Updated::Updated } else { Updated::NotAdmitted });
        };
        let (answer, besides) = loop {
            let call = self.moving(id, expected, entry, &terms);
            let (answer, besides): (u8, Vec<u8>) = self.write(&call, entry.needs_full_durability()).await?;
            let besides = record::split(&besides);
            if answer != BESIDES {
                break (answer, besides);
            }
            terms.extend(besides);
        };
        let updated = updated(answer);
        match updated {
            Updated::Updated => {
                apart.keep(&besides);
                Ok(if self.settle(id, &apart).await? { Updated::Updated } else { Updated::NotAdmitted })
            }
            Updated::Conflict | Updated::Gone | Updated::NotAdmitted => {
                self.withdraw(id, &apart).await.map(|()| updated)
            }
        }
    }

    fn moving(&self, id: SessionId, expected: Revision, entry: &Entry, terms: &[Term]) -> Call {
        let (gained, dropped) = (self.together(terms), self.together(entry.dropped_terms()));
        let sets = gained.iter().chain(dropped).chain(self.together(entry.places()));
        let call = scripts::UPDATE
            .on(&self.keys.record_and(id, sets))
            .arg(&record::revision(expected))
            .arg(&record::revision(entry.revision()))
            .arg(millis(entry.ttl()))
            .arg(millis(entry.lifetime()))
            .arg(&id.to_bytes())
            .arg(gained.len())
            .arg(dropped.len())
            .arg(record::join(terms))
            .arg(record::join(entry.dropped_terms()))
            .arg(&**entry.payload());
        if self.connection.is_cluster() { call.arg("posts apart") } else { call }
    }

    /// Whether the record is what the entry wrote.
    async fn has(&self, id: SessionId, entry: &Entry) -> Result<bool, StoreError> {
        Ok(self.load(id).await?.is_some_and(|found| found.revision() == entry.revision()))
    }

    /// Updates a record under the terms that it has.
    async fn rewrite(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        let before = record::head(expected, entry.terms(), 0);
        let call = scripts::REWRITE.on(&[self.keys.record(id)]);
        let call = call.arg(before).arg(record::encode(entry)).arg(millis(entry.ttl()));
        Ok(updated(self.write(&call, entry.needs_full_durability()).await?))
    }
}

/// Whether a plain command can create the record: there is no index to write or to ask, and no replica to wait for.
fn is_plain(entry: &Entry) -> bool {
    entry.terms().is_empty() && entry.places().is_empty() && !entry.needs_full_durability() && millis(entry.ttl()) > 0
}

/// What the script that creates answers.
const fn created(answer: u8) -> Created {
    match answer {
        0 => Created::Occupied,
        1 => Created::Created,
        _ => Created::NotAdmitted,
    }
}

/// What `update.lua` answers in place of `Updated`.
const BESIDES: u8 = 4;

/// What the scripts that update answer.
const fn updated(answer: u8) -> Updated {
    match answer {
        0 => Updated::Updated,
        1 => Updated::Conflict,
        2 => Updated::Gone,
        _ => Updated::NotAdmitted,
    }
}

/// Redis deletes what has expired by itself, so there is never anything to purge.
impl Purge for RedisStore {
    async fn purge(&self, _limit: usize) -> Result<usize, StoreError> {
        Ok(0)
    }
}
