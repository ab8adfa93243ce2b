//! Finding records by their terms, and limiting how many have one.

use std::time::Duration;

use scs::store::{Admission, Cursor, Holder, Index, Limit, Page, SessionId, StoreError, Term};

use super::{RedisStore, error, scripts};
use crate::millis::millis;

/// The longest page, for which the server stands still.
const MOST_AT_ONCE: usize = 10_000;

/// Ids are read and sent as their 16 bytes.
type Id = [u8; 16];

impl Index for RedisStore {
    /// Pages go by the order in which the ids came, which no write changes: the newest is in front.
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        self.check_lists()?;
        let call =
            scripts::FIND.on(&[self.keys.term(term)]).arg(before(cursor.as_ref())?).arg(limit.clamp(1, MOST_AT_ONCE));
        let (next, ids): (String, Vec<Id>) = self.connection.call(&call).await?;
        let next = (!next.is_empty()).then(|| Cursor::new(next));
        Ok(Page { items: ids.into_iter().map(SessionId::from_bytes).collect(), next })
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        self.unpost(id, &[term]).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        self.check_lists()?;
        self.end_under(term, id).await
    }
}

impl Limit for RedisStore {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        self.check_lists()?;
        let call = scripts::ADMIT.on(&[self.keys.term(term)]).arg(&id.to_bytes()).arg(max).arg(millis(ttl));
        let others: Option<Vec<(Id, u64)>> = self.connection.call(&call).await?;
        let holder = |(id, age)| Holder { id: SessionId::from_bytes(id), attached_for: Duration::from_millis(age) };
        Ok(match others {
            Some(others) => Admission::Full(others.into_iter().map(holder).collect()),
            None => Admission::Admitted,
        })
    }
}

impl RedisStore {
    /// # Errors
    ///
    /// The server may have dropped the list that is asked for.
    fn check_lists(&self) -> Result<(), StoreError> {
        if self.may_evict { Err(error::evicts_lists()) } else { Ok(()) }
    }
}

/// The place in the order of attachment that a page begins before, as the server writes it.
fn before(cursor: Option<&Cursor>) -> Result<String, StoreError> {
    let Some(cursor) = cursor else { return Ok("+inf".to_owned()) };
    let place = str::from_utf8(cursor.as_bytes()).ok().filter(|place| place.parse::<f64>().is_ok_and(f64::is_finite));
    place.map(|place| format!("({place}")).ok_or_else(error::bad_cursor)
}
