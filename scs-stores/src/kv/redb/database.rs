//! The open file, which is opened anew when it has failed.

use std::{
    fs::{File, OpenOptions},
    io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use redb::{Database as Redb, ReadTransaction, ReadableDatabase as _, WriteTransaction, backends::FileBackend};

use super::{error::Failure, tables::Names};

/// Where the database comes from.
pub(super) enum Source {
    /// A file that is this store's own.
    File { path: PathBuf, cache_size: usize },
    /// A database that the application opened.
    Shared(Arc<Redb>),
}

impl Source {
    fn open(&self) -> Result<Arc<Redb>, Failure> {
        match self {
            Self::Shared(database) => Ok(database.clone()),
            Self::File { path, cache_size } => {
                let file = open_file(path).map_err(redb::Error::Io)?;
                let backend = FileBackend::new(file)?;
                Ok(Arc::new(Redb::builder().set_cache_size(*cache_size).create_with_backend(backend)?))
            }
        }
    }
}

/// Opens a file, or creates one that other users of the machine cannot read.
fn open_file(path: &PathBuf) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A database with its tables.
pub(super) struct Database {
    source: Source,
    pub(super) names: Names,
    /// `None` while the file has failed and could not be opened again. Readers hold the lock while they read, so
    /// that nobody has the old file when the new one is opened.
    open: RwLock<Option<Arc<Redb>>>,
}

impl Database {
    pub(super) fn open(source: Source, names: Names) -> Result<Self, Failure> {
        let open = source.open()?;
        prepare(&open, &names)?;
        Ok(Self { source, names, open: RwLock::new(Some(open)) })
    }

    /// Reads what has been committed, without waiting for a write.
    pub(super) fn read<T>(&self, read: impl FnOnce(&ReadTransaction) -> Result<T, Failure>) -> Result<T, Failure> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = open.as_ref().ok_or(Failure::Closed)?.begin_read()?;
        read(&transaction)
    }

    /// Begins a write transaction once all others have ended. Opens the file anew if it failed before.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction, Failure> {
        match self.try_begin_write() {
            Err(_) if self.is_own() => {
                self.reopen()?;
                self.try_begin_write()
            }
            begun => begun,
        }
    }

    /// Whether no one else has transactions, because the file is this store's own.
    pub(super) const fn is_own(&self) -> bool {
        matches!(self.source, Source::File { .. })
    }

    /// The same with the file as it is.
    pub(super) fn try_begin_write(&self) -> Result<WriteTransaction, Failure> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        Ok(open.as_ref().ok_or(Failure::Closed)?.begin_write()?)
    }

    /// Only the writing thread calls this, between transactions of its writer.
    fn reopen(&self) -> Result<(), Failure> {
        // The lock is not held meanwhile: readers would wait for a repair on threads that others need.
        drop(self.open.write().unwrap_or_else(PoisonError::into_inner).take());
        let open = self.source.open()?;
        prepare(&open, &self.names)?;
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = Some(open);
        Ok(())
    }
}

/// Makes the tables where there are none.
fn prepare(database: &Redb, names: &Names) -> Result<(), Failure> {
    if !names.exist(&database.begin_read()?)? {
        let transaction = database.begin_write()?;
        names.create(&transaction)?;
        transaction.commit()?;
    }
    Ok(())
}
