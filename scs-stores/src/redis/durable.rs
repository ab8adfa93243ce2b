//! Writes that replicas must have too.

use scs::store::{StoreError, StoreErrorKind};

use super::{
    RedisStore,
    connection::{Answer, Connection, Timeouts},
    scripts::Call,
};

/// A connection of its own, because `WAIT` holds up everything behind it on the same connection.
#[derive(Clone)]
pub(super) struct Durable {
    connection: Connection,
    replicas: usize,
    limit_millis: u128,
}

impl Durable {
    pub(super) fn new(connection: Connection, replicas: usize, timeouts: Timeouts) -> Self {
        // Nothing would mean for ever.
        let limit_millis = (timeouts.response / 2).as_millis().max(1);
        Self { connection, replicas, limit_millis }
    }

    async fn write<T: Answer>(&self, call: &Call) -> Result<T, StoreError> {
        let answer = self.connection.call(call).await?;
        let mut wait = redis::cmd("WAIT");
        wait.arg(self.replicas).arg(self.limit_millis.to_string());
        let reached: usize = self.connection.command(&wait).await?;
        match reached >= self.replicas {
            true => Ok(answer),
            false => Err(self.too_few(reached)),
        }
    }

    fn too_few(&self, reached: usize) -> StoreError {
        let message = format!(
            "only {reached} of {} replicas have this write, which the primary has; check replication, or wait for fewer",
            self.replicas
        );
        StoreError::new(StoreErrorKind::Unavailable, message)
    }
}

impl RedisStore {
    /// Calls a script that writes; where replicas are waited for, and losing this write could let someone in, with them.
    pub(super) async fn write<T: Answer>(&self, call: &Call, needs_durability: bool) -> Result<T, StoreError> {
        match &self.durable {
            Some(durable) if needs_durability => durable.write(call).await,
            _ => self.connection.call(call).await,
        }
    }
}
