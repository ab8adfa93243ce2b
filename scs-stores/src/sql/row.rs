//! What statements are given and what they answer, whatever the driver.

use std::error::Error;

use scs::store::{Holder, Revision, SessionId, StoreError, StoreErrorKind, Stored, Term};

use crate::millis::duration;

/// A value that is bound to a statement.
#[derive(Clone, Copy)]
pub enum Argument<'a> {
    Bytes(&'a [u8]),
    Number(i64),
}

/// A row of an answer, by the position of its columns.
pub trait Columns {
    fn bytes(&self, column: usize) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>>;
    fn number(&self, column: usize) -> Result<i64, Box<dyn Error + Send + Sync>>;
}

/// What a row is read as.
pub trait FromRow: Sized + Send {
    fn from_row(row: &impl Columns) -> Result<Self, Box<dyn Error + Send + Sync>>;
}

impl FromRow for i64 {
    fn from_row(row: &impl Columns) -> Result<Self, Box<dyn Error + Send + Sync>> {
        row.number(0)
    }
}

impl FromRow for Stored {
    fn from_row(row: &impl Columns) -> Result<Self, Box<dyn Error + Send + Sync>> {
        stored(row, 0)
    }
}

impl FromRow for SessionId {
    fn from_row(row: &impl Columns) -> Result<Self, Box<dyn Error + Send + Sync>> {
        sixteen(row, 0).map(Self::from_bytes)
    }
}

impl FromRow for (Term, SessionId) {
    fn from_row(row: &impl Columns) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok((Term::from_bytes(sixteen(row, 0)?), SessionId::from_bytes(sixteen(row, 1)?)))
    }
}

impl FromRow for Holder {
    fn from_row(row: &impl Columns) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self { id: SessionId::from_row(row)?, attached_for: duration(row.number(1)?) })
    }
}

impl FromRow for (SessionId, Stored) {
    fn from_row(row: &impl Columns) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok((SessionId::from_row(row)?, stored(row, 1)?))
    }
}

fn sixteen(row: &impl Columns, column: usize) -> Result<[u8; 16], Box<dyn Error + Send + Sync>> {
    Ok(row.bytes(column)?.try_into().map_err(|_| "an id or a term does not have 16 bytes")?)
}

fn stored(row: &impl Columns, first: usize) -> Result<Stored, Box<dyn Error + Send + Sync>> {
    let revision = Revision::new(row.number(first)?.cast_unsigned()).ok_or("a revision is zero")?;
    Ok(Stored::new(row.bytes(first + 1)?, revision, duration(row.number(first + 2)?)))
}

pub(super) fn unreadable(error: Box<dyn Error + Send + Sync>) -> StoreError {
    let message = "a row cannot be read; the table was not made by `migrate` or was changed since";
    StoreError::new(StoreErrorKind::Configuration, message).with_source(error)
}
