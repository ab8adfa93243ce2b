//! What the codes of SQLite mean.

use rusqlite::{Error, ErrorCode};
use scs::store::{StoreError, StoreErrorKind};

use crate::sql::retry::{Failure, Remedy};

pub(super) fn failure(error: Error) -> Failure {
    let (kind, message) = meaning(&error);
    let is_busy = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
    let remedy = if is_busy { Remedy::Time } else { Remedy::None };
    Failure { error: StoreError::new(kind, message).with_source(error), remedy }
}

/// By result code: SQLite documentation, "Result and Error Codes".
fn meaning(error: &Error) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind::{Configuration, Full, Other, TooLarge, Unavailable};
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Unavailable, "the file stays locked; another process holds a transaction open on it")
        }
        Some(ErrorCode::DiskFull) => (Full, "the disk is full; free some room or purge expired sessions"),
        Some(ErrorCode::TooBig) => (TooLarge, "SQLite refuses a record of this size"),
        Some(ErrorCode::CannotOpen) => {
            (Configuration, "the file cannot be opened; its folder must be there and let this process write")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            (Configuration, "the file cannot be written; let this process write it and its folder")
        }
        Some(ErrorCode::NotADatabase) => (Configuration, "the file is not one of SQLite; choose another"),
        Some(ErrorCode::DatabaseCorrupt) => (Other, "the file is damaged; restore it from a copy"),
        Some(ErrorCode::SystemIoFailure) => (Unavailable, "the disk fails"),
        _ if is_missing_table(error) => {
            (Configuration, "a table is missing; call `migrate` once, or check the name given to `with_table`")
        }
        _ => (Other, "SQLite reports an error"),
    }
}

/// SQLite has no code for it.
fn is_missing_table(error: &Error) -> bool {
    error.to_string().contains("no such table")
}
