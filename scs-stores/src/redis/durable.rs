//! Writes that replicas must have too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use scs::store::{StoreError, StoreErrorKind};
use tokio::sync::Semaphore;

use super::{
    RedisStore,
    connection::{Answer, Connection, Timeouts},
    scripts::Call,
};

/// How many such writes there are at once; others wait for their turn.
const AT_ONCE: usize = 16;

/// Connections of their own, one for each such write at a time: `WAIT` holds up everything behind it on the same one.
#[derive(Clone)]
pub(super) struct Durable(Arc<Lines>);

struct Lines {
    /// Where new connections lead to.
    origin: Connection,
    free: Mutex<Vec<Connection>>,
    turns: Semaphore,
    replicas: usize,
    limit_millis: u128,
}

impl Durable {
    pub(super) fn new(origin: Connection, replicas: usize, timeouts: Timeouts) -> Self {
        // Nothing would mean for ever.
        let limit_millis = (timeouts.response / 2).as_millis().max(1);
        let turns = Semaphore::new(AT_ONCE);
        Self(Arc::new(Lines { origin, free: Mutex::default(), turns, replicas, limit_millis }))
    }

    async fn write<T: Answer>(&self, call: &Call) -> Result<T, StoreError> {
        let lines = &*self.0;
        // Never closed.
        let _turn = lines.turns.acquire().await.ok();
        let free = lines.free().pop();
        let connection = free.unwrap_or_else(|| lines.origin.another());
        let mut wait = redis::cmd("WAIT");
        wait.arg(lines.replicas).arg(lines.limit_millis.to_string());
        let answers = connection.call_then(call, &wait).await;
        // One whose caller gave up may still hold others up. One that failed knows that the server is down, and does not ask
        // again at once.
        lines.free().push(connection);
        match answers? {
            (answer, reached) if reached >= lines.replicas => Ok(answer),
            (_, reached) => Err(lines.too_few(reached)),
        }
    }
}

impl Lines {
    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing that can panic runs under this lock.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
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
