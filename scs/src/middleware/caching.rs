//! Caching headers: what shared caches and browsers may keep of responses that used a session.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{self, Entry},
};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const PRIVATE: HeaderValue = HeaderValue::from_static("private");
const PRIVATE_NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// A response with a token is kept nowhere, whatever the handler said (OWASP ASVS 5.0, 14.3.2; RFC
/// 9111 §7.3 is why: `Set-Cookie` alone does not stop caches). One that only used the session is
/// kept by no shared cache, and by none at all if somebody is signed in, unless the handler decided. What only one kind of
/// cache obeys (RFC 9213) goes with it.
pub(super) fn apply(headers: &mut HeaderMap, varies_by: HeaderName, has_token: bool, is_authenticated: bool) {
    vary(headers, varies_by);
    if has_token {
        return forbid(headers);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(if is_authenticated { PRIVATE_NO_STORE } else { PRIVATE });
    if is_private(headers) {
        remove_targeted(headers);
    }
}

/// Has no cache keep the response, whatever else it says to one kind of them.
pub(super) fn forbid(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    remove_targeted(headers);
    // What the oldest caches know in place of `no-store`.
    for (name, never) in [(header::EXPIRES, "0"), (header::PRAGMA, "no-cache")] {
        if headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(never));
        }
    }
}

/// Whether no shared cache may keep the response, be it that the handler said so.
fn is_private(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::CACHE_CONTROL).into_iter();
    lines.any(|line| has(line, b"private") || has(line, b"no-store"))
}

/// Removes what one kind of cache obeys in place of `Cache-Control`: the targeted fields of RFC 9213, and those that are
/// older.
fn remove_targeted(headers: &mut HeaderMap) {
    let targeted: Vec<HeaderName> = headers.keys().filter(|name| is_targeted(name)).cloned().collect();
    for name in targeted {
        headers.remove(name);
    }
}

fn is_targeted(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.ends_with("-cache-control") || ["surrogate-control", "edge-control", "x-accel-expires"].contains(&name)
}

/// Adds a name to `Vary` unless it is there already.
fn vary(headers: &mut HeaderMap, name: HeaderName) {
    match headers.entry(header::VARY) {
        Entry::Vacant(vacant) => {
            vacant.insert(name.into());
        }
        Entry::Occupied(mut occupied) => {
            if !occupied.iter().any(|value| has(value, b"*") || has(value, name.as_ref())) {
                occupied.append(name.into());
            }
        }
    }
}

/// Whether a list has this element, in whatever case.
fn has(value: &HeaderValue, element: &[u8]) -> bool {
    let mut elements = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    elements.any(|other| other.eq_ignore_ascii_case(element))
}
