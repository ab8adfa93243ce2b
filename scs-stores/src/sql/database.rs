//! What a database must be able to do to keep sessions.

use std::{borrow::Cow, future::Future};

use super::{
    retry::Failure,
    row::{Argument, FromRow},
    statements::Statements,
};

/// A statement as it is sent.
pub(super) type Sql = Cow<'static, str>;

/// A database with its driver and its dialect.
pub trait Database: Executor {
    /// What the dialect quotes names with.
    const QUOTE: char;
    const STATEMENTS: Statements;
    /// The tables, as a script that may run again.
    const SCHEMA: &'static str;

    type Transaction<'a>: Transaction;

    /// The largest record that the database takes, in bytes.
    fn largest_record(&self) -> usize {
        usize::MAX
    }

    /// Begins a transaction, which is rolled back when it is dropped.
    fn begin(&self, commit: Commit) -> impl Future<Output = Result<Self::Transaction<'_>, Failure>> + Send;

    /// Runs several statements that answer nothing.
    fn run_script(&self, script: Sql) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What runs statements, each in a transaction of its own.
pub trait Executor: Send + Sync + 'static {
    fn query<T: FromRow>(
        &self,
        sql: Sql,
        arguments: &[Argument<'_>],
    ) -> impl Future<Output = Result<Vec<T>, Failure>> + Send;

    /// The first row.
    fn query_one<T: FromRow>(
        &self,
        sql: Sql,
        arguments: &[Argument<'_>],
    ) -> impl Future<Output = Result<Option<T>, Failure>> + Send {
        async move { Ok(self.query(sql, arguments).await?.into_iter().next()) }
    }

    /// Answers how many rows were changed.
    fn execute(
        &self,
        sql: Sql,
        arguments: &[Argument<'_>],
        commit: Commit,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// How much a commit must withstand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// What the store was set up for.
    Usual,
    /// Everything the database can.
    Durable,
}

/// Statements that count together or not at all.
pub trait Transaction: Send {
    fn query<T: FromRow>(
        &mut self,
        sql: Sql,
        arguments: &[Argument<'_>],
    ) -> impl Future<Output = Result<Vec<T>, Failure>> + Send;

    fn execute(&mut self, sql: Sql, arguments: &[Argument<'_>]) -> impl Future<Output = Result<u64, Failure>> + Send;

    fn commit(self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Undoes the statements, and waits until what they have seen of others counts.
    fn give_up(self) -> impl Future<Output = Result<(), Failure>> + Send
    where
        Self: Sized,
    {
        async { Ok(()) }
    }
}
