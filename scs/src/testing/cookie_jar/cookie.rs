use std::{borrow::Cow, fmt, net::IpAddr};

use super::{fetch::Fetch, set_cookie::SameSite};
use crate::time::Timestamp;

/// A cookie in a [`CookieJar`](super::CookieJar).
#[derive(Clone)]
pub struct StoredCookie {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) domain: String,
    pub(super) is_host_only: bool,
    pub(super) path: Vec<u8>,
    pub(super) is_secure: bool,
    pub(super) is_http_only: bool,
    pub(super) same_site: SameSite,
    pub(super) partition: Partition<'static>,
    pub(super) expires: Option<Timestamp>,
    /// How many cookies came into the jar before.
    pub(super) age: u64,
}

/// Which cookies see each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Partition<'s> {
    /// All that are not partitioned.
    Shared,
    /// Partitioned, and set where their own site is at the top of the window.
    Own,
    /// Partitioned, and set where this site is.
    Embedded(Cow<'s, str>),
}

impl Partition<'_> {
    pub(super) fn into_owned(self) -> Partition<'static> {
        match self {
            Self::Shared => Partition::Shared,
            Self::Own => Partition::Own,
            Self::Embedded(site) => Partition::Embedded(Cow::Owned(site.into_owned())),
        }
    }
}

impl StoredCookie {
    /// The name, empty for a cookie without one.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The host that the cookie is for, and those below it unless it [is for this host only](Self::is_host_only).
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether no host below the domain gets the cookie.
    pub const fn is_host_only(&self) -> bool {
        self.is_host_only
    }

    /// The path that the cookie is for, and those below it.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// Whether the cookie travels over trustworthy connections only.
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether scripts can neither read nor set it.
    pub const fn is_http_only(&self) -> bool {
        self.is_http_only
    }

    /// When the browser forgets it; `None` for when it is closed.
    pub const fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether both cannot be in one jar (RFC 6265bis §5.7, and CHIPS for partitions).
    pub(super) fn replaces(&self, other: &Self) -> bool {
        self.name == other.name
            && self.domain == other.domain
            && self.is_host_only == other.is_host_only
            && self.path == other.path
            && self.partition == other.partition
    }

    /// Whether it would stand beside a secure cookie of its name (RFC 6265bis §5.7, "leave secure cookies alone").
    pub(super) fn shadows(&self, secure: &Self) -> bool {
        secure.is_secure
            && self.name == secure.name
            && (domain_matches(&self.domain, &secure.domain) || domain_matches(&secure.domain, &self.domain))
            && path_matches(&self.path, &secure.path)
    }

    /// Whether a request carries it (RFC 6265bis §5.8.3).
    pub(super) fn goes_with(&self, fetch: &Fetch) -> bool {
        self.is_for_host(&fetch.host())
            && path_matches(fetch.path().as_bytes(), &self.path)
            && (!self.is_secure || fetch.is_secure())
            && self.same_site.allows(fetch)
            && (self.partition == Partition::Shared || self.partition == fetch.partition())
    }

    fn is_for_host(&self, host: &str) -> bool {
        match self.is_host_only {
            true => self.domain == host,
            false => domain_matches(host, &self.domain),
        }
    }
}

/// Whether a host is a domain or below it (RFC 6265bis §5.1.3).
pub(super) fn domain_matches(host: &str, domain: &str) -> bool {
    let is_below = || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) && !is_address(host);
    host == domain || is_below()
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<IpAddr>().is_ok()
}

/// Whether a path is another one or below it (RFC 6265bis §5.1.4).
fn path_matches(path: &[u8], cookie_path: &[u8]) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with(b"/") || rest.starts_with(b"/"))
}

impl fmt::Debug for StoredCookie {
    /// Prints no value, which mostly is a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredCookie")
            .field("name", &String::from_utf8_lossy(&self.name))
            .field("domain", &self.domain)
            .field("path", &String::from_utf8_lossy(&self.path))
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
