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
    let is_private = match headers.entry(header::CACHE_CONTROL) {
        Entry::Vacant(vacant) => {
            vacant.insert(if is_authenticated { PRIVATE_NO_STORE } else { PRIVATE });
            true
        }
        // The handler may have said so itself.
        Entry::Occupied(said) => said.iter().any(|line| has(line, b"private") || has(line, b"no-store")),
    };
    if is_private {
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

/// Removes what one kind of cache obeys in place of `Cache-Control`: the targeted fields of RFC 9213, and those that are
/// older.
fn remove_targeted(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| is_targeted(name)).cloned() {
        headers.remove(name);
    }
}

fn is_targeted(name: &HeaderName) -> bool {
    const SHORTEST: usize = "edge-control".len();
    let name = name.as_str();
    let is_old = || ["surrogate-control", "edge-control", "x-accel-expires"].contains(&name);
    name.len() >= SHORTEST && (name.ends_with("-cache-control") || is_old())
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
