//! Opening a store by URL, as command lines and configuration files name it.

use scs::store::{AnyStore, MemoryStore, StoreError};

/// Opens the store that a URL names, and creates in it what is missing: tables, files.
///
/// | URL | store | feature |
/// |---|---|---|
/// | `memory` | [`MemoryStore`] | |
/// | `redis://`, `rediss://`, `redis+unix://`, `redis+cluster://`, `redis+sentinel://`, and with `valkey` | `redis::RedisStore` | `redis` |
///
/// # Errors
///
/// No store has such a URL, this build lacks the store's feature, or the store cannot be opened.
pub async fn open(url: &str) -> Result<AnyStore, OpenError> {
    // What follows the scheme may hold a password.
    let (scheme, _) = url.split_once(':').unwrap_or((url, ""));
    match scheme {
        "memory" => Ok(AnyStore::new(MemoryStore::new())),
        _ if is_redis(scheme) => open_redis(url, scheme).await,
        _ => Err(OpenError::Unknown { scheme: scheme.to_owned() }),
    }
}

fn is_redis(scheme: &str) -> bool {
    let (base, _) = scheme.split_once('+').unwrap_or((scheme, ""));
    matches!(base, "redis" | "rediss" | "valkey" | "valkeys")
}

#[cfg(feature = "redis")]
async fn open_redis(url: &str, _scheme: &str) -> Result<AnyStore, OpenError> {
    Ok(AnyStore::new(crate::redis::RedisStore::connect(url).await?))
}

#[cfg(not(feature = "redis"))]
async fn open_redis(_url: &str, scheme: &str) -> Result<AnyStore, OpenError> {
    Err(OpenError::Feature { scheme: scheme.to_owned(), feature: "redis" })
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

const KNOWN: [&str; 4] = ["memory", "redis", "redis+cluster", "redis+sentinel"];
