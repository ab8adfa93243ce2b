//! Opening a store by URL, as command lines and configuration files name it.

#[cfg(feature = "redb")]
use scs::store::StoreErrorKind;
use scs::store::{AnyStore, MemoryStore, StoreError};

/// Opens the store that a URL names, and creates in it what is missing: tables, files.
///
/// | URL | store | feature |
/// |---|---|---|
/// | `memory` | [`MemoryStore`] | |
/// | `redb:FILE` | `RedbStore` | `redb` |
///
/// # Errors
///
/// No store has such a URL, this build lacks the store's feature, or the store cannot be opened.
pub async fn open(url: &str) -> Result<AnyStore, OpenError> {
    // What follows the scheme may hold a password.
    let (scheme, _) = url.split_once(':').unwrap_or((url, ""));
    match scheme {
        "memory" => Ok(AnyStore::new(MemoryStore::new())),
        #[cfg(feature = "redb")]
        "redb" => Ok(AnyStore::new(open_redb(url).await?)),
        #[cfg(not(feature = "redb"))]
        "redb" => Err(OpenError::Feature { scheme: scheme.to_owned(), feature: "redb" }),
        _ => Err(OpenError::Unknown { scheme: scheme.to_owned() }),
    }
}

/// Opens the file where it may take its time.
#[cfg(feature = "redb")]
async fn open_redb(url: &str) -> Result<crate::RedbStore, StoreError> {
    let path = url.strip_prefix("redb:").unwrap_or_default().to_owned();
    let opening = tokio::task::spawn_blocking(move || crate::RedbStore::open(path)).await;
    let failed = |error| StoreError::new(StoreErrorKind::Other, "opening the redb file was cut off").with_source(error);
    opening.map_err(failed)?
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No store has such a URL.
    #[error("no session store is called `{scheme}`; there are {known}", known = KNOWN.join(", "))]
    Unknown {
        /// The part of the URL before the first colon.
        scheme: String,
    },
    /// The store is not part of this build.
    #[error("session stores called `{scheme}` need the feature `{feature}` of scs-stores, which this build lacks")]
    Feature {
        /// The part of the URL before the first colon.
        scheme: String,
        /// The cargo feature to switch on.
        feature: &'static str,
    },
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const KNOWN: [&str; 2] = ["memory", "redb"];
