//! URLs of stores: read or refused without a connection, and nothing of a password in what is said about one.

mod connection;
#[path = "../../../../../scs-stores/src/redis/error.rs"]
#[allow(dead_code, reason = "only what is said about URLs is needed")]
mod error;
#[path = "../../../../../scs-stores/src/redis/url.rs"]
#[allow(dead_code, reason = "nothing connects")]
mod url;

use std::{error::Error, time::Duration};

use scs_stores::OpenError;

use self::connection::{Connector, Timeouts};
use super::now;

const SECOND: Duration = Duration::from_secs(1);

/// The schemes with which `open` looks for a file or a server.
const LOOKS_FOR_MORE: [&str; 6] = ["sqlite", "redb", "postgres", "postgresql", "mysql", "mariadb"];
const REDIS: [&str; 4] = ["redis", "rediss", "valkey", "valkeys"];

/// Shorter ones may be words of the message.
const LONG: usize = 12;

/// The bytes are the URL.
pub fn store_url(bytes: &[u8]) {
    let Ok(url) = std::str::from_utf8(bytes) else { return };
    let scheme = url.split(':').next().unwrap_or_default();
    let base = scheme.split('+').next().unwrap_or_default();
    if REDIS.contains(&base) {
        redis(url);
    } else if !LOOKS_FOR_MORE.contains(&scheme) {
        other(url, scheme);
    }
}

fn redis(url: &str) {
    match parse(url) {
        Ok(parsed) => {
            let is_cluster = url.split("://").next().is_some_and(|scheme| scheme.ends_with("+cluster"));
            assert_eq!(matches!(parsed.connector, Connector::Cluster(_)), is_cluster);
            assert!(!parsed.allows_eviction || url.contains("eviction=allow"));
            assert!(parsed.prefix.is_none_or(|prefix| url.contains(&prefix)));
        }
        Err(error) => assert_hides_the_password(url, &said(&error)),
    }
}

fn parse(url: &str) -> Result<url::Parsed, impl Error> {
    url::parse(url, Timeouts { connect: SECOND, response: SECOND })
}

fn said(error: &impl Error) -> String {
    format!("{error} {error:?}")
}

fn other(url: &str, scheme: &str) {
    match now(scs_stores::open(url)) {
        Ok(_) => assert_eq!(scheme, "memory"),
        Err(OpenError::Unknown) => {}
        Err(error) => panic!("{error}"),
    }
}

/// What stands between the first colon behind the scheme and the last `@` in front of path, options and fragment.
fn assert_hides_the_password(url: &str, said: &str) {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    let login = authority.and_then(|authority| authority.rsplit_once('@'));
    let password = login.and_then(|(login, _)| login.split_once(':')).map(|(_, password)| password);
    // What stands elsewhere too, as the value of an option, may be quoted from there.
    let is_secret = |password: &&str| password.len() >= LONG && url.matches(*password).count() == 1;
    if let Some(password) = password.filter(is_secret).filter(|password| said.contains(password)) {
        assert!(is_said_of_any_password(url, password), "a password is quoted");
    }
}

/// Whether it is a word of the message.
fn is_said_of_any_password(url: &str, password: &str) -> bool {
    let other = url.replacen(password, &"x".repeat(password.len()), 1);
    parse(&other).is_err_and(|error| said(&error).contains(password))
}
