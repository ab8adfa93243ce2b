//! The nodes that hold the keys: the server, or the primaries of a cluster.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use redis::{
    Cmd, FromRedisValue as _, RedisError, Value,
    cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
};
use scs::store::StoreError;

use super::{
    connection::{Answer, Connection, Live},
    error::store_error,
};

/// A node that holds keys.
pub(super) struct Shard {
    /// The first of its slots, by which a cluster's nodes are put in order and reached.
    pub(super) first_slot: u16,
    /// A hash of the node's name.
    pub(super) node: u64,
}

impl Connection {
    /// In the order of their first slots.
    pub(super) async fn shards(&self) -> Result<Vec<Shard>, StoreError> {
        match self.live().await? {
            Live::Server(_, address) => Ok(vec![Shard { first_slot: 0, node: hash(address.as_bytes()) }]),
            Live::Cluster(_) => {
                let slots: Vec<Vec<Value>> = self.command(redis::cmd("CLUSTER").arg("SLOTS")).await?;
                Ok(in_order(slots.iter().filter_map(|line| first_slot_and_primary(line))))
            }
        }
    }

    /// The answer of one node.
    pub(super) async fn command_on<T: Answer>(&self, shard: &Shard, command: Cmd) -> Result<T, StoreError> {
        let node = SingleNodeRoutingInfo::SpecificNode(Route::new(shard.first_slot, SlotAddr::Master));
        match self.live().await? {
            Live::Server(..) => self.command(&command).await,
            Live::Cluster(mut cluster) => {
                let answer = cluster.ask_at(command, RoutingInfo::SingleNode(node)).await;
                let answer = answer.and_then(|value| T::from_redis_value(value).map_err(RedisError::from));
                answer.map_err(store_error)
            }
        }
    }
}

/// Reads a line of `CLUSTER SLOTS`: the first slot, the last, the primary, its replicas.
fn first_slot_and_primary(line: &[Value]) -> Option<(u16, u64)> {
    let [first, _last, Value::Array(primary), ..] = line else { return None };
    // Address, port, and since version 4 the node's name.
    let name = primary.get(2).or_else(|| primary.first())?;
    Some((u16::from_redis_value_ref(first).ok()?, hash(&Vec::from_redis_value_ref(name).ok()?)))
}

fn in_order(slots: impl Iterator<Item = (u16, u64)>) -> Vec<Shard> {
    let mut first_slots = BTreeMap::new();
    for (first_slot, node) in slots {
        let first = first_slots.entry(node).or_insert(first_slot);
        *first = first_slot.min(*first);
    }
    let mut shards: Vec<_> = first_slots.into_iter().map(|(node, first_slot)| Shard { first_slot, node }).collect();
    shards.sort_by_key(|shard| shard.first_slot);
    shards
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
