//! What a browser would drop, refused before it gets there: a function per rule of RFC 6265bis.

use super::{CookieBuilder, SameSite};
use crate::{error::ConfigError, token::Token};

/// Browsers drop a cookie whose name and value are longer together (RFC 6265bis §5.6).
const MAX_NAME_AND_VALUE: usize = 4096;
/// Browsers ignore an attribute whose value is longer (RFC 6265bis §5.6).
const MAX_ATTRIBUTE: usize = 1024;
/// The most characters of a host name, and of what stands between two of its dots (RFC 1035 §2.3.4).
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// Beginnings of names that browsers hold to what they say (RFC 6265bis §4.1.3, and §4.1.3 of its successor). The
/// longer one comes first.
const PREFIXES: [&str; 4] = ["__Host-Http-", "__Host-", "__Secure-", "__Http-"];

type Rule = fn(&CookieBuilder) -> Result<(), &'static str>;

const RULES: [Rule; 9] = [
    name_is_a_token,
    name_and_value_fit,
    path_is_one,
    domain_is_one,
    host_prefix_is_for_one_host,
    prefix_is_secure,
    none_is_secure,
    partitioned_is_secure,
    prefix_is_spelled_out,
];

pub(super) fn check(cookie: &CookieBuilder) -> Result<(), ConfigError> {
    RULES.iter().try_for_each(|rule| rule(cookie)).map_err(ConfigError::new)
}

fn name_is_a_token(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(
        !cookie.name.is_empty() && cookie.name.bytes().all(is_token_byte),
        "a cookie name consists of letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.6.2)",
    )
}

fn name_and_value_fit(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(
        cookie.name.len() + Token::TEXT_LENGTH <= MAX_NAME_AND_VALUE,
        "the cookie name is so long that browsers would drop the cookie",
    )
}

/// Browsers compare prefixes without regard to case, older ones exactly: those would protect nothing.
fn prefix_is_spelled_out(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(
        prefix(&cookie.name).is_none_or(|prefix| cookie.name.starts_with(prefix)),
        "a cookie name has its prefix in this spelling: `__Host-`, `__Secure-`, `__Host-Http-` or `__Http-`",
    )
}

fn path_is_one(cookie: &CookieBuilder) -> Result<(), &'static str> {
    let is_path = cookie.path.starts_with('/') && cookie.path.bytes().all(is_path_byte);
    holds(
        is_path && cookie.path.len() <= MAX_ATTRIBUTE,
        "a cookie path begins with `/` and has at most 1,024 characters of a URL's path (RFC 3986 §3.3), without `;`",
    )
}

fn domain_is_one(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(
        cookie.domain.as_ref().is_none_or(|domain| is_domain(domain)),
        "a cookie domain is a host name such as `example.com`: no address, no single word, no dot at either end, and \
         at most 63 characters between two dots",
    )
}

fn host_prefix_is_for_one_host(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(
        !cookie.name.starts_with("__Host-") || (cookie.domain.is_none() && cookie.path == "/"),
        "a `__Host-` cookie has no domain and the path `/`, or browsers drop it; name it `__Secure-…` to share it",
    )
}

fn prefix_is_secure(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(
        cookie.secure || prefix(&cookie.name).is_none(),
        "a cookie with a prefix such as `__Host-` or `__Secure-` is `Secure`, or browsers drop it; rename it to go without",
    )
}

fn none_is_secure(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(
        cookie.secure || cookie.same_site != SameSite::None,
        "a cookie with `SameSite=None` is `Secure`, or browsers drop it",
    )
}

fn partitioned_is_secure(cookie: &CookieBuilder) -> Result<(), &'static str> {
    holds(cookie.secure || !cookie.partitioned, "a partitioned cookie is `Secure`, or browsers drop it")
}

fn holds(rule: bool, otherwise: &'static str) -> Result<(), &'static str> {
    rule.then_some(()).ok_or(otherwise)
}

/// The prefix of a name, in whatever case it is written.
fn prefix(name: &str) -> Option<&'static str> {
    let begins = |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    PREFIXES.into_iter().find(begins)
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// What a URL's path has (RFC 3986 §3.3), but for `;`, which ends the attribute.
const fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'$' | b'%' | b'&'..=b'/' | b':' | b'=' | b'@' | b'_' | b'~')
}

fn is_domain(domain: &str) -> bool {
    let is_host = |parent: &str, last: &str| parent.split('.').all(is_label) && is_label(last) && !is_number(last);
    domain.len() <= MAX_DOMAIN && domain.rsplit_once('.').is_some_and(|(parent, last)| is_host(parent, last))
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !label.is_empty()
        && label.len() <= MAX_LABEL
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A host whose last label is a number is an address (URL Standard, host parsing), which shares with nobody.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
