//! What the codes of SQLite mean.

use std::sync::Arc;

use rusqlite::{Error, ErrorCode};
use scs::store::{StoreError, StoreErrorKind};

use crate::sql::retry::{Failure, Remedy};

pub(super) fn failure(error: impl Into<Arc<Error>>) -> Failure {
    let error = error.into();
    let (kind, message) = meaning(&error);
    let remedy = if is_busy(&error) { Remedy::Time } else { Remedy::None };
    Failure::new(StoreError::new(kind, message).with_source(error), remedy)
}

/// Whether somebody else was in the way: who holds the file, recovers it, or opens it at the same moment.
pub(super) fn is_busy(error: &Error) -> bool {
    use ErrorCode::{DatabaseBusy, DatabaseLocked, FileLockingProtocolFailed};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked | FileLockingProtocolFailed))
}

/// By result code: SQLite documentation, "Result and Error Codes".
fn meaning(error: &Error) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind::{Configuration, Full, Other, TooLarge, Unavailable};
    match error.sqlite_error_code() {
        _ if is_busy(error) => (Unavailable, "the file stays locked; another process holds a transaction open on it"),
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
        _ => without_code(&error.to_string()),
    }
}

/// What SQLite has no code for, by its text.
fn without_code(text: &str) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind::{Configuration, Other};
    if text.contains("no such table") {
        (Configuration, "a table is missing; call `migrate` once, or check the name given to `with_table`")
    } else if text.contains("no such column") || text.contains("has no column") {
        (
            Configuration,
            "a table of this name exists and is not one of a session store; choose another name with `with_table`",
        )
    } else {
        (Other, "SQLite reports an error")
    }
}
