//! What went wrong at Redis, in words that say what to do.

use std::time::Duration;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use scs::store::{StoreError, StoreErrorKind};

const FULL: &str =
    "Redis has reached its `maxmemory` and stores no more sessions; raise it, or let sessions end sooner";
const SLOW: &str = "Redis did not answer in time; check its load, its slow log and the network";
const UNREACHABLE: &str = "Redis cannot be reached; check that it runs, and the host and port in the URL";
const READ_ONLY: &str = "this Redis server is a replica and takes no writes; the next call looks for the primary anew, and \
     if this goes on, the URL must name the primary, or the sentinels";
const NOT_READY: &str =
    "Redis is up but serves no requests yet, or its cluster has lost a part; the next call tries again";
const CREDENTIALS: &str = "Redis refuses the user name or password; write them into the URL as \
     `redis://USER:PASSWORD@HOST`, or `redis://:PASSWORD@HOST` where there are no users";
const PERMISSION: &str = "the Redis user may not do what a session store must; let it use the keys of the prefix and \
     `+@read +@write +@scripting +@connection +info +time` (and `+cluster` in a cluster)";
const DATABASE: &str = "Redis has no database of this number; see its setting `databases`, and use 0 in a cluster";
const NO_CLUSTER: &str = "this Redis server is not part of a cluster; use `redis://` in place of `redis+cluster://`";
const A_CLUSTER: &str = "this Redis server is part of a cluster; use `redis+cluster://` in place of `redis://`";
const NO_SERVICE: &str = "the sentinels know no primary of this name, or it does not answer as one; the URL is \
     `redis+sentinel://HOST:PORT,HOST:PORT/SERVICE`";
const NO_SENTINEL: &str = "this server is no sentinel; the URL names the sentinels, which mostly listen on 26379, and not \
     the servers that they watch";
const NO_SNAPSHOT: &str = "Redis cannot write to its disk and refuses to store sessions; make room, or see its log";
const BAD_URL: &str = "this is no URL of a Redis store; see the documentation of `RedisStore` for the forms it has";
const NO_TLS: &str = "this build speaks no TLS to Redis; switch on the feature `tls` of scs-stores";
const FAILED: &str = "Redis answered with an error that this store does not expect; see its source";

/// The store's words for an error of the driver or the server.
pub(super) fn store_error(error: RedisError) -> StoreError {
    let (kind, message) = explain(&error);
    StoreError::new(kind, message).with_source(error)
}

/// What the error means and what to do.
pub(super) fn explain(error: &RedisError) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind::{Configuration, Full, Other, Timeout, Unavailable};
    let text = error.to_string();
    // By text as well as by code: servers before 7 wrap what a script met.
    let says = |word: &str| error.code() == Some(word) || text.contains(word);
    match error.kind() {
        _ if says("OOM") => (Full, FULL),
        _ if says("WRONGPASS") || says("NOAUTH") || says("without any password") => (Configuration, CREDENTIALS),
        _ if says("NOPERM") => (Configuration, PERMISSION),
        _ if says("READONLY") => (Unavailable, READ_ONLY),
        _ if says("MISCONF") => (Unavailable, NO_SNAPSHOT),
        _ if says("DB index is out of range") || says("SELECT is not allowed") => (Configuration, DATABASE),
        _ if says("cluster support disabled") => (Configuration, NO_CLUSTER),
        _ if says("not point to a sentinel") => (Configuration, NO_SENTINEL),
        _ if says("feature is not enabled") => (Configuration, NO_TLS),
        ErrorKind::AuthenticationFailed => (Configuration, CREDENTIALS),
        ErrorKind::InvalidClientConfig => (Configuration, BAD_URL),
        ErrorKind::MasterNameNotFoundBySentinel => (Unavailable, NO_SERVICE),
        ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot) => {
            (Configuration, A_CLUSTER)
        }
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::TryAgain,
        ) => (Unavailable, NOT_READY),
        _ if error.is_timeout() => (Timeout, SLOW),
        ErrorKind::Io | ErrorKind::ClusterConnectionNotFound => (Unavailable, UNREACHABLE),
        _ => (Other, FAILED),
    }
}

/// Whether the connection that met this error must not be used again: it is broken, or leads to a server that is no
/// primary (any more).
pub(super) fn ends_connection(error: &RedisError) -> bool {
    error.is_io_error()
        || matches!(
            error.kind(),
            ErrorKind::Parse
                | ErrorKind::AuthenticationFailed
                | ErrorKind::ClusterConnectionNotFound
                | ErrorKind::Server(
                    ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown | ServerErrorKind::BusyLoading
                )
        )
        || ["READONLY", "NOREPLICAS", "NOAUTH"].iter().any(|word| error.to_string().contains(word))
}

/// Nobody answered within this time.
pub(super) fn no_answer(limit: Duration) -> RedisError {
    let late = std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no connection within {limit:?}"));
    late.into()
}

/// A server of a cluster under the URL of a single one.
pub(super) fn unexpected_cluster() -> StoreError {
    StoreError::new(StoreErrorKind::Configuration, A_CLUSTER)
}

/// A server that may drop sessions that live.
pub(super) fn evicts(policy: &str) -> StoreError {
    let message = format!(
        "Redis may drop live sessions, because its `maxmemory-policy` is `{policy}`; set it to `noeviction`, or say \
         `?eviction=allow` in the URL if signed-in users may be signed out whenever memory is short"
    );
    StoreError::new(StoreErrorKind::Configuration, message)
}

/// A search by what the server may have dropped.
pub(super) fn evicts_lists() -> StoreError {
    StoreError::new(
        StoreErrorKind::Configuration,
        "sessions cannot be found, ended by a value or limited where Redis may drop the lists of them; set its \
         `maxmemory-policy` to `noeviction` and leave out `allow_eviction`, or use another store for this schema",
    )
}

/// A URL that is none.
pub(super) fn bad_url(why: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Configuration, format!("{BAD_URL}: {why}"))
}

/// Bytes under a record's key that are no record.
pub(super) fn no_record() -> StoreError {
    StoreError::new(
        StoreErrorKind::Other,
        "a key of this store's prefix holds no session; does another application use it?",
    )
}

/// A cursor of another store.
pub(super) fn bad_cursor() -> StoreError {
    StoreError::new(StoreErrorKind::Other, "this cursor was made by another store; begin again without one")
}
