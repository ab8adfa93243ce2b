//! Which cookies browsers keep: the steps of RFC 6265bis §5.7 that end with "abort", a function each.

use super::{
    Fetch,
    cookie::domain_matches,
    set_cookie::{SameSite, SetCookie},
};

/// Why a browser drops a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Dropped {
    /// A control character other than a tab is somewhere in the line.
    #[error("a control character is in the line")]
    ControlCharacter,
    /// Neither name nor value.
    #[error("the cookie has neither a name nor a value")]
    Empty,
    /// More than 4,096 bytes of name and value.
    #[error("name and value are longer than 4,096 bytes together")]
    TooLong,
    /// A domain that is not the host's.
    #[error("the domain is not the host's own, nor one above it")]
    ForeignDomain,
    /// A domain that is not one owner's, such as `com`. The model knows those of a single label only, and no list.
    #[error("the domain is a public suffix")]
    PublicSuffix,
    /// `Secure`, over a connection that is not.
    #[error("a `Secure` cookie came over a connection that is not")]
    InsecureOrigin,
    /// Not `Secure`, beside one of the same name that is.
    #[error("a secure cookie of this name is there already")]
    SecureExists,
    /// Set while another site's page was at the top of the window, without `SameSite=None`.
    #[error("a cookie without `SameSite=None` was set in a page of another site")]
    CrossSite,
    /// `SameSite=None` without `Secure`.
    #[error("a cookie with `SameSite=None` is not `Secure`")]
    NoneWithoutSecure,
    /// `Partitioned` without `Secure`.
    #[error("a partitioned cookie is not `Secure`")]
    PartitionedWithoutSecure,
    /// The name has a prefix that promises what the attributes do not keep.
    #[error("the cookie does not keep what the prefix of its name promises")]
    Prefix,
    /// The cookie has no name, and its value looks like a name with a prefix.
    #[error("the value of a cookie without a name begins with a prefix")]
    HiddenPrefix,
}

type Rule = fn(&SetCookie<'_>, &Fetch) -> Option<Dropped>;

/// In the order of the standard, so that the reason is the one that counts first.
pub(super) const RULES: [Rule; 9] = [
    has_content,
    domain_has_one_owner,
    domain_is_ones_own,
    secure_needs_a_secure_origin,
    other_sites_set_nothing,
    none_is_secure,
    prefix_is_kept,
    prefix_is_not_hidden,
    partitioned_is_secure,
];

fn has_content(cookie: &SetCookie<'_>, _: &Fetch) -> Option<Dropped> {
    (cookie.name.is_empty() && cookie.value.is_empty()).then_some(Dropped::Empty)
}

/// A host that is a public suffix itself may name itself, and the cookie is its own.
fn domain_has_one_owner(cookie: &SetCookie<'_>, fetch: &Fetch) -> Option<Dropped> {
    let is_suffix = !cookie.domain.is_empty() && !cookie.domain.contains(&b'.');
    (is_suffix && !is_host(cookie, fetch)).then_some(Dropped::PublicSuffix)
}

fn domain_is_ones_own(cookie: &SetCookie<'_>, fetch: &Fetch) -> Option<Dropped> {
    let domain = domain(cookie);
    let is_own = domain.is_ascii() && (domain.is_empty() || domain_matches(&fetch.host(), &domain));
    (!is_own).then_some(Dropped::ForeignDomain)
}

fn secure_needs_a_secure_origin(cookie: &SetCookie<'_>, fetch: &Fetch) -> Option<Dropped> {
    (cookie.is_secure && !fetch.is_secure()).then_some(Dropped::InsecureOrigin)
}

fn other_sites_set_nothing(cookie: &SetCookie<'_>, fetch: &Fetch) -> Option<Dropped> {
    (cookie.same_site != SameSite::None && !fetch.is_first_party()).then_some(Dropped::CrossSite)
}

fn none_is_secure(cookie: &SetCookie<'_>, _: &Fetch) -> Option<Dropped> {
    (cookie.same_site == SameSite::None && !cookie.is_secure).then_some(Dropped::NoneWithoutSecure)
}

fn partitioned_is_secure(cookie: &SetCookie<'_>, _: &Fetch) -> Option<Dropped> {
    (cookie.is_partitioned && !cookie.is_secure).then_some(Dropped::PartitionedWithoutSecure)
}

fn prefix_is_kept(cookie: &SetCookie<'_>, fetch: &Fetch) -> Option<Dropped> {
    let is_for_one_host = is_host_only(cookie, fetch) && cookie.path == Some(b"/");
    let keeps = match cookie.name {
        name if begins(name, "__Host-Http-") => is_for_one_host && cookie.is_secure && cookie.is_http_only,
        name if begins(name, "__Host-") => is_for_one_host && cookie.is_secure,
        name if begins(name, "__Http-") => cookie.is_secure && cookie.is_http_only,
        name if begins(name, "__Secure-") => cookie.is_secure,
        _ => true,
    };
    (!keeps).then_some(Dropped::Prefix)
}

/// Servers that read `=__Host-id=v` as `__Host-id` would be fooled.
fn prefix_is_not_hidden(cookie: &SetCookie<'_>, _: &Fetch) -> Option<Dropped> {
    let begins_with_one = ["__Host-", "__Http-", "__Secure-"].iter().any(|prefix| begins(cookie.value, prefix));
    (cookie.name.is_empty() && begins_with_one).then_some(Dropped::HiddenPrefix)
}

fn begins(text: &[u8], prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

pub(super) fn domain(cookie: &SetCookie<'_>) -> String {
    String::from_utf8_lossy(cookie.domain).to_ascii_lowercase()
}

/// Whether no host below gets it: nothing was said, or a public suffix said its own name.
pub(super) fn is_host_only(cookie: &SetCookie<'_>, fetch: &Fetch) -> bool {
    cookie.domain.is_empty() || (!cookie.domain.contains(&b'.') && is_host(cookie, fetch))
}

fn is_host(cookie: &SetCookie<'_>, fetch: &Fetch) -> bool {
    domain(cookie) == fetch.host()
}
