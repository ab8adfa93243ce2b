//! A store over a database: what its statements are used for.

use std::{
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
    time::Duration,
};

use scs::store::{Admission, Entry, Holder, Revision, SessionId, StoreError, StoreErrorKind, Stored, Term};

use super::{
    database::{Commit, Database, Sql, Transaction},
    names::Names,
    retry::{Failure, retrying},
    row::{
        Argument::{self, Bytes, Number},
        FromRow,
    },
    statements::{PurgeStatement, Statements},
};
use crate::millis::millis;

/// The most rows that one statement deletes, so that none takes long.
const BATCH: usize = 500;

const UNKNOWN: &str = "the connection to the database broke, and whether the session was created is not known";

/// Keeps sessions in two tables of an SQL database.
///
/// [`PostgresStore`](crate::PostgresStore), [`MySqlStore`](crate::MySqlStore) and [`SqliteStore`](crate::SqliteStore) are made of it. Clones
/// share the same connections.
pub struct SqlStore<D> {
    pub(super) database: Arc<D>,
    pub(super) names: Arc<Names>,
}

/// How a record is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Insert,
    Replace,
}

/// What became of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Done,
    /// No record was there to be replaced, or one was in the way.
    Nothing,
    /// A place that it relies on is gone, and it was undone.
    NotAdmitted,
}

impl<D: Database> SqlStore<D> {
    /// What the store sends to its database, with the tables' default names.
    pub const STATEMENTS: Statements = D::STATEMENTS;

    /// Tables in this schema.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn in_schema(self, schema: &str) -> Result<Self, StoreError> {
        let names = Names::clone(&self.names).with_schema(schema)?;
        Ok(Self { names: Arc::new(names), ..self })
    }

    pub(super) fn over(database: D) -> Self {
        Self { database: Arc::new(database), names: Arc::new(Names::new(D::QUOTE)) }
    }

    /// The same store with tables of this name and beginning with this name, instead of `scs_sessions`.
    ///
    /// # Errors
    ///
    /// The name is not a letter or `_` and then letters, digits or `_`, at most 48 in all.
    pub fn with_table(self, table: &str) -> Result<Self, StoreError> {
        let names = Names::clone(&self.names).with_table(table)?;
        Ok(Self { names: Arc::new(names), ..self })
    }

    /// The database and the tables in it, as a number.
    pub(super) fn place(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (Arc::as_ptr(&self.database).addr(), &*self.names).hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn sql(&self, statement: &'static str) -> Sql {
        self.names.apply(statement)
    }

    /// # Errors
    ///
    /// The record is larger than the database takes.
    pub(super) fn check(&self, entry: &Entry) -> Result<(), StoreError> {
        let (size, largest) = (entry.payload().len(), self.database.largest_record());
        if size > largest {
            let message = format!(
                "a record of {size} bytes is more than the {largest} that the database takes in a packet; store less in the \
                 session, or raise its largest packet"
            );
            return Err(StoreError::new(StoreErrorKind::TooLarge, message));
        }
        Ok(())
    }

    pub(super) async fn query_one<T: FromRow>(
        &self,
        statement: &'static str,
        id: SessionId,
    ) -> Result<Option<T>, StoreError> {
        let id = id.to_bytes();
        retrying(|| async { self.database.query_one(self.sql(statement), &[Bytes(&id)]).await }).await
    }

    /// Inserts a record, if there is none under the id.
    pub(super) async fn insert(&self, id: SessionId, entry: &Entry) -> Result<Written, Failure> {
        let (key, revision) = (id.to_bytes(), entry.revision().get().cast_signed());
        let arguments = [Bytes(&key), Number(revision), Number(millis(entry.ttl())), Bytes(entry.payload())];
        self.write(Kind::Insert, &arguments, id, entry).await
    }

    /// Tells whether a record was inserted, after the answer was lost. Where it is not there it may have been deleted since: by a
    /// sign-in that took its place, or by logging out everywhere. Inserting it again would bring it back.
    pub(super) async fn was_inserted(&self, id: SessionId, entry: &Entry) -> Result<Written, Failure> {
        let found = self.database.query_one::<Stored>(self.sql(D::STATEMENTS.load), &[Bytes(&id.to_bytes())]).await?;
        match found {
            Some(found) if found.revision() == entry.revision() => Ok(Written::Done),
            Some(_) => Ok(Written::Nothing),
            None => Err(StoreError::new(StoreErrorKind::Unavailable, UNKNOWN).into()),
        }
    }

    /// Replaces a live record at the expected revision, if there is one.
    pub(super) async fn replace(&self, id: SessionId, expected: Revision, entry: &Entry) -> Result<Written, Failure> {
        let (key, revision) = (id.to_bytes(), entry.revision().get().cast_signed());
        let expected = Number(expected.get().cast_signed());
        let ttl = Number(millis(entry.ttl()));
        let arguments = [Number(revision), Bytes(entry.payload()), ttl, Bytes(&key), expected];
        self.write(Kind::Replace, &arguments, id, entry).await
    }

    /// Writes a record, and with it what it is found under if that moves.
    async fn write(
        &self,
        kind: Kind,
        arguments: &[Argument<'_>],
        id: SessionId,
        entry: &Entry,
    ) -> Result<Written, Failure> {
        let statement = match kind {
            Kind::Insert => D::STATEMENTS.insert,
            Kind::Replace => D::STATEMENTS.replace,
        };
        let commit = if entry.needs_full_durability() { Commit::Durable } else { Commit::Usual };
        if !entry.moves_terms() && entry.places().is_empty() {
            let changed = self.database.execute(self.sql(statement), arguments, commit).await?;
            return Ok(if changed > 0 { Written::Done } else { Written::Nothing });
        }
        let mut transaction = self.database.begin(commit).await?;
        // The record first, as a deletion does: transactions that lock in the same order do not deadlock.
        let written = match transaction.execute(self.sql(statement), arguments).await? {
            0 => Written::Nothing,
            _ => self.move_terms(kind, &mut transaction, id, entry).await?,
        };
        match written {
            Written::Done => transaction.commit().await?,
            Written::Nothing | Written::NotAdmitted => transaction.give_up().await?,
        }
        Ok(written)
    }

    async fn move_terms(
        &self,
        kind: Kind,
        transaction: &mut D::Transaction<'_>,
        id: SessionId,
        entry: &Entry,
    ) -> Result<Written, Failure> {
        let (id, lifetime) = (id.to_bytes(), Number(millis(entry.lifetime())));
        for term in entry.places() {
            let arguments = [lifetime, Bytes(&term.to_bytes()), Bytes(&id)];
            if transaction.execute(self.sql(D::STATEMENTS.hold), &arguments).await? == 0 {
                return Ok(Written::NotAdmitted);
            }
        }
        for term in entry.dropped_terms() {
            let arguments = [Bytes(&term.to_bytes()), Bytes(&id)];
            transaction.execute(self.sql(D::STATEMENTS.drop), &arguments).await?;
        }
        // Also under terms that the writer does not know: another version of the application has given them.
        if kind == Kind::Replace {
            transaction.execute(self.sql(D::STATEMENTS.extend), &[lifetime, Bytes(&id)]).await?;
        }
        for term in entry.terms().iter().filter(|term| !entry.places().contains(term)) {
            let arguments = [Bytes(&term.to_bytes()), Bytes(&id), lifetime];
            transaction.execute(self.sql(D::STATEMENTS.post), &arguments).await?;
        }
        Ok(Written::Done)
    }

    /// Deletes a live record that has the term and everything under which it is found, otherwise its place under the
    /// term. Everybody takes the record's lock before a place's. Each statement sees what those have done for whom the one
    /// before had to wait.
    pub(super) async fn try_delete_under(&self, term: Term, id: SessionId) -> Result<bool, Failure> {
        let (term, id) = (term.to_bytes(), id.to_bytes());
        let place = [Bytes(&term), Bytes(&id)];
        let mut transaction = self.database.begin(Commit::Durable).await?;
        for (lock, of) in [(D::STATEMENTS.lock_record, &place[1..]), (D::STATEMENTS.lock_place, &place[..])] {
            if let Some(lock) = lock {
                transaction.query::<SessionId>(self.sql(lock), of).await?;
            }
        }
        let is_deleted = transaction.execute(self.sql(D::STATEMENTS.delete_under), &place).await? > 0;
        match is_deleted {
            true => transaction.execute(self.sql(D::STATEMENTS.unpost), &place[1..]).await?,
            false => transaction.execute(self.sql(D::STATEMENTS.drop), &place).await?,
        };
        transaction.commit().await?;
        Ok(is_deleted)
    }

    /// Deletes an expired record and what it was found under, so that its id is free.
    pub(super) async fn discard(&self, id: SessionId) -> Result<(), Failure> {
        let (id, mut transaction) = (id.to_bytes(), self.database.begin(Commit::Usual).await?);
        if transaction.execute(self.sql(D::STATEMENTS.discard), &[Bytes(&id)]).await? > 0 {
            transaction.execute(self.sql(D::STATEMENTS.unpost), &[Bytes(&id)]).await?;
        }
        transaction.commit().await
    }

    pub(super) async fn try_forget(&self, term: Term, id: SessionId) -> Result<(), Failure> {
        let (term, id) = (term.to_bytes(), id.to_bytes());
        let place = [Bytes(&term), Bytes(&id)];
        let mut transaction = self.database.begin(Commit::Usual).await?;
        // Whoever is just writing this place finishes first, so that the next statement sees its record.
        if let Some(lock) = D::STATEMENTS.lock_place {
            transaction.query::<SessionId>(self.sql(lock), &place).await?;
        }
        transaction.execute(self.sql(D::STATEMENTS.forget), &place).await?;
        transaction.commit().await
    }

    pub(super) async fn try_admit(
        &self,
        term: Term,
        id: SessionId,
        max: usize,
        ttl: Duration,
    ) -> Result<Admission, Failure> {
        let (term, id, ttl) = (term.to_bytes(), id.to_bytes(), Number(millis(ttl)));
        let mut transaction = self.database.begin(Commit::Usual).await?;
        if let Some(lock) = D::STATEMENTS.lock_term {
            transaction.execute(self.sql(lock), &[Bytes(&term), ttl]).await?;
        }
        let place = [Bytes(&term), Bytes(&id)];
        let others: Vec<Holder> = transaction.query(self.sql(D::STATEMENTS.others), &place).await?;
        if others.len() >= max {
            transaction.give_up().await?;
            return Ok(Admission::Full(others));
        }
        transaction.execute(self.sql(D::STATEMENTS.admit), &[Bytes(&term), Bytes(&id), ttl]).await?;
        transaction.commit().await?;
        Ok(Admission::Admitted)
    }

    /// Deletes up to `limit` expired rows with keys of this kind, of which `bytes` tells the columns.
    pub(super) async fn delete_batches<K: FromRow>(
        &self,
        purge: PurgeStatement,
        bytes: impl Fn(&K) -> KeyColumns + Sync,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let mut deleted = 0;
        while deleted < limit {
            let batch = BATCH.min(limit - deleted);
            let rows = retrying(|| self.delete_batch(purge, &bytes, batch)).await?;
            deleted += rows;
            if rows < batch {
                break;
            }
        }
        Ok(deleted)
    }

    async fn delete_batch<K: FromRow>(
        &self,
        purge: PurgeStatement,
        bytes: impl Fn(&K) -> KeyColumns,
        batch: usize,
    ) -> Result<usize, Failure> {
        let limit = [Number(number(batch))];
        let (pick, delete, key) = match purge {
            PurgeStatement::AtOnce(delete) => {
                let rows = self.database.execute(self.sql(delete), &limit, Commit::Usual).await?;
                return Ok(usize::try_from(rows).unwrap_or(usize::MAX));
            }
            PurgeStatement::InTwo { pick, delete, key } => (pick, delete, key),
        };
        let mut transaction = self.database.begin(Commit::Usual).await?;
        let picked: Vec<K> = transaction.query(self.sql(pick), &limit).await?;
        if let Some(last) = picked.last() {
            // Always as many, so that the server knows the statement: the last one again does no harm.
            let keys: Vec<_> = picked.iter().chain(std::iter::repeat(last)).take(batch).map(bytes).collect();
            let arguments: Vec<_> = keys.iter().flatten().map(|column| Bytes(column)).collect();
            let statement = self.sql(delete).into_owned() + &vec![key; batch].join(" OR ");
            transaction.execute(statement.into(), &arguments).await?;
        }
        transaction.commit().await?;
        Ok(picked.len())
    }
}

/// The columns of a row's key.
pub(super) type KeyColumns = Vec<[u8; 16]>;

impl<D> Clone for SqlStore<D> {
    fn clone(&self) -> Self {
        Self { database: Arc::clone(&self.database), names: Arc::clone(&self.names) }
    }
}

impl<D> fmt::Debug for SqlStore<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").field("names", &self.names).finish_non_exhaustive()
    }
}

/// A count as databases take it.
pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
