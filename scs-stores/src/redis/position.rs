//! Where a listing goes on.

use scs::store::{Cursor, SessionId};

use super::shards::Shard;

/// A node, the step of its `SCAN`, and the ids that the last step brought beyond its page.
#[derive(Clone)]
pub(super) struct Position {
    pub(super) first_slot: u16,
    pub(super) step: u64,
    /// A hash of the node's name.
    pub(super) node: u64,
    pub(super) left_over: Vec<SessionId>,
}

impl Position {
    pub(super) const START: Self = Self { first_slot: 0, step: 0, node: 0, left_over: Vec::new() };
    /// Behind the last slot of a cluster.
    pub(super) const END: Self = Self { first_slot: u16::MAX, step: 0, node: 0, left_over: Vec::new() };

    pub(super) const fn at(shard: &Shard, step: u64) -> Self {
        Self { first_slot: shard.first_slot, step, node: shard.node, left_over: Vec::new() }
    }

    pub(super) fn with(self, left_over: Vec<SessionId>) -> Self {
        Self { left_over, ..self }
    }

    pub(super) fn cursor(&self) -> Cursor {
        let mut bytes = Vec::with_capacity(18 + 16 * self.left_over.len());
        bytes.extend(self.first_slot.to_be_bytes());
        bytes.extend(self.step.to_be_bytes());
        bytes.extend(self.node.to_be_bytes());
        bytes.extend(self.left_over.iter().flat_map(|id| id.to_bytes()));
        Cursor::new(bytes)
    }

    /// `None` for a cursor that another store made.
    pub(super) fn read(cursor: &Cursor) -> Option<Self> {
        let (first_slot, rest) = cursor.as_bytes().split_first_chunk()?;
        let (step, rest) = rest.split_first_chunk()?;
        let (node, rest) = rest.split_first_chunk()?;
        let (ids, []) = rest.as_chunks() else { return None };
        Some(Self {
            first_slot: u16::from_be_bytes(*first_slot),
            step: u64::from_be_bytes(*step),
            node: u64::from_be_bytes(*node),
            left_over: ids.iter().copied().map(SessionId::from_bytes).collect(),
        })
    }
}
