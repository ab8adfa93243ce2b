//! What goes wrong with a file, in words that say what to do.

use std::{
    io::ErrorKind::{
        FileTooLarge, InvalidData, IsADirectory, NotADirectory, NotFound, PermissionDenied, QuotaExceeded,
        ReadOnlyFilesystem, StorageFull, UnexpectedEof,
    },
    sync::Arc,
};

use redb::Error;
use scs::store::{
    SessionId, StoreError,
    StoreErrorKind::{self, Configuration, Full, Other, TooLarge, Unavailable},
};

/// Why an operation failed. Operations that share a transaction share its failure.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    Redb(Arc<Error>),
    /// A record that this store did not write.
    Damaged(SessionId),
    /// Tables of another version of this store.
    Layout(u64),
    /// The file is being opened anew.
    Closed,
    Panicked,
    /// The writing thread is gone.
    Stopped,
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Redb(Arc::new(error.into()))
    }
}

impl Failure {
    /// Whether it concerns one operation and not whatever else shares its transaction.
    pub(super) const fn is_of_one_operation(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }

    /// Whether the file must be opened anew before anything else can work.
    pub(super) fn closes_the_file(&self) -> bool {
        match self {
            Self::Closed => true,
            Self::Redb(error) => matches!(**error, Error::Io(_) | Error::PreviousIo | Error::DatabaseClosed),
            _ => false,
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Redb(error) => {
                let (kind, message) = explain(&error);
                Self::new(kind, message).with_source(error)
            }
            Failure::Damaged(id) => Self::new(Other, format!("the record of session {id} is damaged; delete it")),
            Failure::Layout(version) => Self::new(
                Configuration,
                format!(
                    "the redb tables have layout {version}, which this version of scs-stores cannot read; use the version that wrote them, or delete the file, which signs everybody out"
                ),
            ),
            Failure::Closed => {
                Self::new(Unavailable, "the redb file failed and could not be opened again; check its disk")
            }
            Failure::Panicked => {
                Self::new(Other, "writing to the redb file panicked; please report it with its backtrace")
            }
            Failure::Stopped => {
                Self::new(Unavailable, "the thread that writes to the redb file is gone; restart the application")
            }
        }
    }
}

const DAMAGED: &str = "the redb file is damaged; put a backup in its place, or delete it, which signs everybody out";

fn explain(error: &Error) -> (StoreErrorKind, &'static str) {
    match error {
        Error::DatabaseAlreadyOpen => {
            (Configuration, "the redb file is already open; one process opens it, once, and clones the store")
        }
        Error::UpgradeRequired(_) => (
            Configuration,
            "an older redb wrote the file; upgrade it with redb 2.6, or delete it, which signs everybody out",
        ),
        Error::TableTypeMismatch { .. }
        | Error::TableIsMultimap(_)
        | Error::TableIsNotMultimap(_)
        | Error::TypeDefinitionChanged { .. } => {
            (Configuration, "tables of these names belong to something else; choose another prefix")
        }
        Error::ValueTooLarge(_) => (TooLarge, "the record is larger than redb takes; store less in the session"),
        Error::Corrupted(_) => (Other, DAMAGED),
        Error::Io(error) => explain_io(error),
        Error::PreviousIo | Error::DatabaseClosed => {
            (Unavailable, "the redb file failed before; open it again, or restart the application")
        }
        _ => (Other, "redb failed as this store does not expect it to; please report it with its cause"),
    }
}

fn explain_io(error: &std::io::Error) -> (StoreErrorKind, &'static str) {
    match error.kind() {
        NotFound => (Configuration, "the folder of the redb file does not exist; create it"),
        PermissionDenied | ReadOnlyFilesystem => {
            (Configuration, "the redb file must be readable and writable; check its owner and its file system")
        }
        IsADirectory | NotADirectory => {
            (Configuration, "the path of the redb file does not lead to a file; correct it")
        }
        InvalidData => (Configuration, "the file is no redb database, and stays as it is; choose another path"),
        UnexpectedEof => (Other, DAMAGED),
        StorageFull | QuotaExceeded | FileTooLarge => (Full, "the disk of the redb file is full; free some space"),
        _ => (Unavailable, "the redb file could not be read or written; check its disk"),
    }
}
