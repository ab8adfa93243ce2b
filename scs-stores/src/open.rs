//! Opening a store by URL, as command lines and configuration files name it.

use scs::store::{AnyStore, MemoryStore, StoreError};

/// Opens the store that a URL names, and creates in it what is missing: tables, files.
///
/// | URL | store | feature |
/// |---|---|---|
/// | `memory` | [`MemoryStore`] | |
/// | `sqlite:FILE`, `sqlite://FILE`; with `?mode=rwc`, which is what the store does | `SqliteStore` | `sqlite` |
/// | `redb:FILE`, `redb://FILE` | `RedbStore` | `redb` |
/// | `postgres://USER:PASSWORD@HOST/DATABASE` | `PostgresStore` | `postgres` |
/// | `mysql://USER:PASSWORD@HOST/DATABASE` | `MySqlStore` | `mysql` |
/// | `redis://`, `rediss://`, `redis+unix://`, `redis+cluster://`, `redis+sentinel://`, and with `valkey` | `RedisStore` | `redis` |
///
/// # Errors
///
/// No store has such a URL, this build lacks the store's feature, or the store cannot be opened.
pub async fn open(url: &str) -> Result<AnyStore, OpenError> {
    // What follows the scheme may hold a password.
    let scheme = url.split(':').next().unwrap_or_default();
    match scheme {
        "memory" => Ok(AnyStore::new(MemoryStore::new())),
        #[cfg(feature = "sqlite")]
        "sqlite" => migrated(blocking(url, crate::SqliteStore::open).await?).await,
        #[cfg(feature = "redb")]
        "redb" => Ok(AnyStore::new(blocking(url, crate::RedbStore::open).await?)),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => migrated(crate::PostgresStore::connect(url).await?).await,
        #[cfg(feature = "mysql")]
        "mysql" | "mariadb" => migrated(crate::MySqlStore::connect(url).await?).await,
        #[cfg(feature = "redis")]
        _ if is_redis(scheme) => Ok(AnyStore::new(crate::RedisStore::connect(url).await?)),
        _ => Err(missing(scheme)),
    }
}

fn is_redis(scheme: &str) -> bool {
    let (base, _) = scheme.split_once('+').unwrap_or((scheme, ""));
    STORES.iter().any(|(schemes, feature)| *feature == "redis" && schemes.contains(&base))
}

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
async fn migrated<D: crate::sql::Database>(store: crate::SqlStore<D>) -> Result<AnyStore, OpenError> {
    store.migrate().await?;
    Ok(AnyStore::new(store))
}

/// Opens a file where it may take its time: after a crash it is read from end to end.
#[cfg(any(feature = "redb", feature = "sqlite"))]
async fn blocking<S: Send + 'static>(url: &str, open: fn(String) -> Result<S, StoreError>) -> Result<S, StoreError> {
    let path = file_in(url)?;
    tokio::task::spawn_blocking(move || open(path)).await.map_err(|error| {
        StoreError::new(scs::store::StoreErrorKind::Other, "opening the file was cut off").with_source(error)
    })?
}

/// The file that a URL names: behind its scheme, with or without `//`, and percent-encoded where it must.
#[cfg(any(feature = "redb", feature = "sqlite"))]
fn file_in(url: &str) -> Result<String, StoreError> {
    let refused = |why| StoreError::new(scs::store::StoreErrorKind::Configuration, why);
    let (_, rest) = url.split_once(':').unwrap_or_default();
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    if !matches!(options, "" | "mode=rwc") {
        return Err(refused(
            "a store of a file has no options in its URL, because it always reads, writes and creates; a `?` of the file's name is `%3F`",
        ));
    }
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = percent_encoding::percent_decode_str(path).decode_utf8();
    match path.map_err(|_| refused("the file's name in the URL is no UTF-8"))? {
        path if path.is_empty() => Err(refused("the URL names no file; behind the scheme stands its path")),
        path => Ok(path.into_owned()),
    }
}

/// The schemes of the stores that need a feature, and that feature.
const STORES: [(&[&str], &str); 5] = [
    (&["sqlite"], "sqlite"),
    (&["redb"], "redb"),
    (&["postgres", "postgresql"], "postgres"),
    (&["mysql", "mariadb"], "mysql"),
    (&["redis", "rediss", "valkey", "valkeys"], "redis"),
];

/// Why there is no store of this scheme. Only what is known is repeated: a text that is no URL may be a password.
fn missing(scheme: &str) -> OpenError {
    let base = if is_redis(scheme) { scheme.split('+').next().unwrap_or_default() } else { scheme };
    let mut known = STORES.iter().flat_map(|(schemes, feature)| schemes.iter().map(move |scheme| (*scheme, *feature)));
    let known = known.find(|(scheme, _)| *scheme == base);
    known.map_or(OpenError::Unknown, |(scheme, feature)| OpenError::Feature { scheme, feature })
}

fn known() -> String {
    STORES.iter().flat_map(|(schemes, _)| *schemes).fold(String::new(), |known, scheme| known + ", " + scheme)
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No store has such a URL, which is not repeated, because it may hold a password.
    #[error("no session store has a URL like this; it begins with memory{}", known())]
    Unknown,
    /// The store is not part of this build.
    #[error("session stores called `{scheme}` need the feature `{feature}` of scs-stores, which this build lacks")]
    Feature {
        /// What the URL begins with.
        scheme: &'static str,
        /// The cargo feature to switch on.
        feature: &'static str,
    },
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}
