//! Listing every record, node by node.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use scs::store::{Cursor, Iterate, Page, SessionId, Store as _, StoreError, Stored};

use super::{RedisStore, error, position::Position, shards::Shard};

/// How many keys one page lets the server look at: enough that foreign keys in the same database are passed quickly, few
/// enough that the server answers at once.
const LEAST_LOOKED_AT: usize = 100;
const MOST_LOOKED_AT: usize = 1000;

impl Iterate for RedisStore {
    /// A page is a step of `SCAN` on one node. What a step brings beyond the limit waits in the cursor.
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        let limit = limit.max(1);
        let position =
            cursor.map_or(Ok(Position::START), |cursor| Position::read(&cursor).ok_or_else(error::bad_cursor))?;
        let mut found = match position.left_over.is_empty() {
            true => self.scan(position, limit).await?,
            false => Found { ids: position.left_over.clone(), next: Some(position) },
        };
        let left_over = found.ids.split_off(limit.min(found.ids.len()));
        let next = match (found.next, left_over.is_empty()) {
            (None, true) => None,
            (next, _) => Some(next.unwrap_or(Position::END).with(left_over).cursor()),
        };
        Ok(Page { items: self.load_all(found.ids).await?, next })
    }
}

/// What a step of the scan brought.
struct Found {
    ids: Vec<SessionId>,
    next: Option<Position>,
}

impl RedisStore {
    async fn scan(&self, position: Position, limit: usize) -> Result<Found, StoreError> {
        let shards = self.connection.shards().await?;
        let Some(shard) = shards.iter().find(|shard| shard.first_slot >= position.first_slot) else {
            return Ok(Found { ids: Vec::new(), next: None });
        };
        // The steps of one node mean nothing to another that took its place.
        let step = if shard.node == position.node { position.step } else { 0 };
        let (step, keys) = self.step(shard, step, limit).await?;
        let ids: BTreeSet<_> = keys.iter().filter_map(|key| self.keys.id(key)).collect();
        let next = match step {
            0 => shards.iter().find(|next| next.first_slot > shard.first_slot).map(|next| Position::at(next, 0)),
            _ => Some(Position::at(shard, step)),
        };
        Ok(Found { ids: ids.into_iter().collect(), next })
    }

    async fn step(&self, shard: &Shard, step: u64, limit: usize) -> Result<(u64, Vec<Vec<u8>>), StoreError> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(step).arg("MATCH").arg(self.keys.pattern());
        scan.arg("COUNT").arg(limit.clamp(LEAST_LOOKED_AT, MOST_LOOKED_AT));
        self.connection.command_on(shard, scan).await
    }

    /// The records that are (still) there. The calls share one connection, so that they leave together.
    async fn load_all(&self, ids: Vec<SessionId>) -> Result<Vec<(SessionId, Stored)>, StoreError> {
        let load = |id| async move { Ok::<_, StoreError>(self.load(id).await?.map(|stored| (id, stored))) };
        Ok(try_join_all(ids.into_iter().map(load)).await?.into_iter().flatten().collect())
    }
}
