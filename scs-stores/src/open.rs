//! Opening a store by URL, as command lines and configuration files name it.

use scs::store::{AnyStore, MemoryStore};

/// Opens the store that a URL names.
///
/// | URL | store |
/// |---|---|
/// | `memory` | [`MemoryStore`] |
///
/// # Errors
///
/// No store has such a URL.
pub fn open(url: &str) -> Result<AnyStore, OpenError> {
    match url {
        "memory" => Ok(AnyStore::new(MemoryStore::new())),
        // What follows the scheme may hold a password.
        _ => Err(OpenError::Unknown { scheme: url.split(':').next().unwrap_or_default().to_owned() }),
    }
}

/// Why a store could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No store has such a URL.
    #[error("no session store is called `{scheme}`; this build knows `memory`")]
    Unknown {
        /// The part of the URL before the first colon.
        scheme: String,
    },
}
