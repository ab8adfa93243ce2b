//! What reading operations see: one state of the tables, whatever is written meanwhile.

use std::ops::Bound;

use redb::ReadTransaction;
use scs::store::{Cursor, Page, SessionId, Stored, Term};

use super::{
    error::Failure,
    record::Record,
    tables::{LAST, Names},
};

/// Rows that one page looks at: reading them takes a thread of the runtime about a millisecond.
const LARGEST_PAGE: usize = 1_000;

pub(super) struct Snapshot<'d> {
    pub(super) transaction: &'d ReadTransaction,
    pub(super) names: &'d Names,
    pub(super) now: i64,
}

impl Snapshot<'_> {
    pub(super) fn load(&self, id: SessionId) -> Result<Option<Stored>, Failure> {
        let records = self.transaction.open_table(self.names.records())?;
        let Some(bytes) = records.get(&id.to_bytes())? else { return Ok(None) };
        self.stored(id, bytes.value())
    }

    /// A record if it is live.
    fn stored(&self, id: SessionId, bytes: &[u8]) -> Result<Option<Stored>, Failure> {
        let record = Record::decode(bytes).ok_or(Failure::Damaged(id))?;
        Ok(record.is_live(self.now).then(|| record.stored(self.now)))
    }

    pub(super) fn page(&self, after: Option<SessionId>, limit: usize) -> Result<Page<(SessionId, Stored)>, Failure> {
        let records = self.transaction.open_table(self.names.records())?;
        let after = after.map(SessionId::to_bytes);
        let start = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = records.range::<&[u8; 16]>((start, Bound::Unbounded))?.map(|row| {
            let (key, bytes) = row?;
            let id = SessionId::from_bytes(*key.value());
            Ok((id, self.stored(id, bytes.value())?.map(|stored| (id, stored))))
        });
        collect(rows, limit)
    }

    pub(super) fn find(&self, term: Term, before: Option<SessionId>, limit: usize) -> Result<Page<SessionId>, Failure> {
        let postings = self.transaction.open_table(self.names.postings())?;
        let (term, before) = (&term.to_bytes(), before.map(SessionId::to_bytes));
        let end = before.as_ref().map_or(Bound::Included((term, &LAST)), |before| Bound::Excluded((term, before)));
        let rows = postings.range((Bound::Included((term, &[0; 16])), end))?.rev().map(|row| {
            let (key, span) = row?;
            let ((_, id), (_, deadline)) = (key.value(), span.value());
            let id = SessionId::from_bytes(*id);
            Ok((id, (self.now < deadline).then_some(id)))
        });
        collect(rows, limit)
    }
}

/// One page of the rows that are live. It ends after so many rows, live or not, so that it takes bounded time.
fn collect<T>(
    rows: impl Iterator<Item = Result<(SessionId, Option<T>), Failure>>,
    limit: usize,
) -> Result<Page<T>, Failure> {
    let limit = limit.clamp(1, LARGEST_PAGE);
    let (mut items, mut seen) = (Vec::new(), Vec::new());
    for row in rows.take(limit) {
        let (id, item) = row?;
        items.extend(item);
        seen.push(id);
    }
    let next = seen.last().filter(|_| seen.len() == limit).map(|last| Cursor::new(last.to_bytes()));
    Ok(Page { items, next })
}
