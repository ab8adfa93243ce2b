//! The store contract, kept with the statements of any dialect.

use std::time::Duration;

use scs::store::{
    Admission, Created, Cursor, Deleted, Entry, Index, Iterate, Limit, Page, Purge, Revision, SessionId, Store,
    StoreError, Stored, Term, Updated,
};

use super::{
    database::{Commit, Database},
    retry::{Tried, retrying, trying},
    row::Argument::{Bytes, Number},
    store::{SqlStore, Written, number},
};
use crate::millis::millis;

impl<D: Database> Store for SqlStore<D> {
    async fn create(&self, id: SessionId, entry: &Entry) -> Result<Created, StoreError> {
        self.check(entry)?;
        loop {
            let insert = |in_doubt| async move {
                match in_doubt && entry.moves_terms() {
                    true => self.was_inserted(id, entry).await,
                    false => self.insert(id, entry).await,
                }
            };
            match trying(insert).await?.done {
                Written::Done => return Ok(Created::Created),
                Written::NotAdmitted => return Ok(Created::NotAdmitted),
                Written::Nothing => {}
            }
            match self.load(id).await? {
                Some(found) if found.revision() == entry.revision() => return Ok(Created::Created),
                Some(_) => return Ok(Created::Occupied),
                None => retrying(|| self.discard(id)).await?,
            }
        }
    }

    async fn load(&self, id: SessionId) -> Result<Option<Stored>, StoreError> {
        self.query_one(D::STATEMENTS.load, id).await
    }

    async fn update(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Updated, StoreError> {
        self.check(entry)?;
        let Tried { done, doubt } = trying(|_| self.replace(id, expected, entry)).await?;
        match done {
            Written::Done => return Ok(Updated::Updated),
            Written::NotAdmitted => return Ok(Updated::NotAdmitted),
            Written::Nothing => {}
        }
        match self.load(id).await? {
            Some(found) if found.revision() == entry.revision() => Ok(Updated::Updated),
            // Others may have written on top of ours, and a conflict would have it done again.
            Some(_) => doubt.map_or(Ok(Updated::Conflict), Err),
            None => Ok(Updated::Gone),
        }
    }

    async fn touch(&self, id: SessionId, expected: Revision, ttl: Duration) -> Result<(), StoreError> {
        let (id, expected) = (id.to_bytes(), expected.get().cast_signed());
        let arguments = [Number(millis(ttl)), Bytes(&id), Number(expected)];
        retrying(|| async { self.database.execute(self.sql(D::STATEMENTS.touch), &arguments, Commit::Usual).await })
            .await?;
        Ok(())
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StoreError> {
        let id = id.to_bytes();
        let run =
            || async { self.database.execute(self.sql(D::STATEMENTS.delete), &[Bytes(&id)], Commit::Durable).await };
        Ok(retrying(run).await? > 0)
    }

    async fn delete_at(&self, id: SessionId, expected: Revision) -> Result<Deleted, StoreError> {
        let (key, revision) = (id.to_bytes(), Number(expected.get().cast_signed()));
        let arguments = [Bytes(&key), revision];
        let run =
            |_| async { self.database.execute(self.sql(D::STATEMENTS.delete_at), &arguments, Commit::Durable).await };
        let Tried { done, doubt } = trying(run).await?;
        if done > 0 {
            return Ok(Deleted::Deleted);
        }
        match self.load(id).await? {
            Some(_) => Ok(Deleted::Conflict),
            // It may be this very call that ended it.
            None => doubt.map_or(Ok(Deleted::Gone), Err),
        }
    }

    fn identity(&self) -> Option<u64> {
        Some(self.place())
    }

    /// Long enough for a pool to find out that its connections are dead.
    fn default_timeout(&self) -> Duration {
        Duration::from_secs(3)
    }
}

impl<D: Database> Iterate for SqlStore<D> {
    async fn page(&self, cursor: Option<Cursor>, limit: usize) -> Result<Page<(SessionId, Stored)>, StoreError> {
        let (after, limit) = (after(cursor.as_ref()), limit.max(1));
        let arguments = [Bytes(after), Number(number(limit))];
        let run = || async { self.database.query(self.sql(D::STATEMENTS.page), &arguments).await };
        let items: Vec<(SessionId, Stored)> = retrying(run).await?;
        let next = items.last().filter(|_| items.len() >= limit).map(|(id, _)| Cursor::new(id.to_bytes()));
        Ok(Page { items, next })
    }
}

impl<D: Database> Index for SqlStore<D> {
    async fn find(&self, term: Term, cursor: Option<Cursor>, limit: usize) -> Result<Page<SessionId>, StoreError> {
        let (term, before, limit) = (term.to_bytes(), before(cursor.as_ref()), limit.max(1));
        let arguments = [Bytes(&term), Bytes(before), Number(number(limit))];
        let run = || async { self.database.query(self.sql(D::STATEMENTS.find), &arguments).await };
        let items: Vec<SessionId> = retrying(run).await?;
        let next = items.last().filter(|_| items.len() >= limit).map(|id| Cursor::new(id.to_bytes()));
        Ok(Page { items, next })
    }

    async fn forget(&self, term: Term, id: SessionId) -> Result<(), StoreError> {
        retrying(|| self.try_forget(term, id)).await
    }

    async fn delete_under(&self, term: Term, id: SessionId) -> Result<bool, StoreError> {
        retrying(|| self.try_delete_under(term, id)).await
    }
}

impl<D: Database> Limit for SqlStore<D> {
    async fn admit(&self, term: Term, id: SessionId, max: usize, ttl: Duration) -> Result<Admission, StoreError> {
        retrying(|| self.try_admit(term, id, max, ttl)).await
    }
}

impl<D: Database> Purge for SqlStore<D> {
    async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        let purged = self.delete_batches(D::STATEMENTS.purge, |id: &SessionId| vec![id.to_bytes()], limit).await?;
        // Records have several places each: under the same limit they would accumulate.
        let place = |(term, id): &(Term, SessionId)| vec![term.to_bytes(), id.to_bytes()];
        self.delete_batches(D::STATEMENTS.purge_terms, place, usize::MAX).await?;
        Ok(purged)
    }
}

/// The id that a page goes on before; after all ids where it begins.
fn before(cursor: Option<&Cursor>) -> &[u8] {
    cursor.map_or(&[u8::MAX; 17], Cursor::as_bytes)
}

/// The id that a page goes on after; before all ids where it begins.
fn after(cursor: Option<&Cursor>) -> &[u8] {
    cursor.map_or(&[], Cursor::as_bytes)
}
