//! How often a commit tries again after a conflict.

use std::time::Duration;

use tokio::time::Instant;

use super::queue::{Queue, Turn};
use crate::{error::SessionError, id::SessionId};

const MAX_RETRIES: u32 = 8;

/// How often another session is read again because others keep writing it.
pub(super) const MAX_LOOKS: u32 = 8;

/// How long a commit tries again once it has its turn.
const MAX_TIME: Duration = Duration::from_secs(5);

/// How long a commit waits for its turn: several thousand of one session get theirs in that time.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The conflicts of one commit so far, and its place in the session's queue.
pub(super) struct Retries<'a> {
    queue: &'a Queue<SessionId>,
    id: SessionId,
    turn: Option<Box<Turn<'a, SessionId>>>,
    attempts: u32,
    /// Set at the first conflict in its turn: most commits need no clock.
    give_up: Option<Instant>,
}

impl<'a> Retries<'a> {
    /// The first try is optimistic, unless others are already taking turns.
    pub(super) async fn begin(queue: &'a Queue<SessionId>, id: SessionId) -> Result<Self, SessionError> {
        let mut retries = Self { queue, id, turn: None, attempts: 0, give_up: None };
        if queue.is_contended(id) {
            Box::pin(retries.take_turn()).await?;
        }
        Ok(retries)
    }

    /// After a conflict: waits for the turn, or a little while if this process had it already and
    /// another one was faster.
    pub(super) async fn again(&mut self) -> Result<u32, SessionError> {
        self.attempts += 1;
        if self.attempts > MAX_RETRIES {
            return Err(SessionError::Contended { attempts: self.attempts });
        }
        if self.turn.is_none() {
            self.take_turn().await?;
        } else if self.attempts > 1 {
            self.back_off().await?;
        }
        Ok(self.attempts)
    }

    async fn take_turn(&mut self) -> Result<(), SessionError> {
        let (queue, id) = (self.queue, self.id);
        let turn = tokio::time::timeout(LONGEST_WAIT, queue.turn(id)).await;
        self.turn = Some(turn.map(Box::new).map_err(|_| SessionError::Contended { attempts: self.attempts + 1 })?);
        Ok(())
    }

    async fn back_off(&mut self) -> Result<(), SessionError> {
        let ceiling = Duration::from_millis(1 << self.attempts);
        let until = Instant::now() + ceiling.mul_f64(fastrand::f64());
        if until > self.give_up() {
            return Err(SessionError::Contended { attempts: self.attempts });
        }
        tokio::time::sleep_until(until).await;
        Ok(())
    }

    fn give_up(&mut self) -> Instant {
        *self.give_up.get_or_insert_with(|| Instant::now() + MAX_TIME)
    }
}
