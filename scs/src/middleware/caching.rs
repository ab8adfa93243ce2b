//! Caching headers: what shared caches and browsers may keep of responses that used a session.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{self, Entry},
};

pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const PRIVATE: HeaderValue = HeaderValue::from_static("private");
const PRIVATE_NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// A response with a token is kept nowhere, whatever the handler said (OWASP ASVS 5.0, 14.3.2; RFC
/// 9111 §7.3 is why: `Set-Cookie` alone does not stop caches). One that only used the session is
/// kept by no shared cache, and by none at all if somebody is signed in, unless the handler decided.
pub(super) fn apply(headers: &mut HeaderMap, varies_by: HeaderName, has_token: bool, is_authenticated: bool) {
    vary(headers, varies_by);
    if has_token {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    } else {
        headers.entry(header::CACHE_CONTROL).or_insert(if is_authenticated { PRIVATE_NO_STORE } else { PRIVATE });
    }
}

/// Adds a name to `Vary` unless it is there already.
fn vary(headers: &mut HeaderMap, name: HeaderName) {
    match headers.entry(header::VARY) {
        Entry::Vacant(vacant) => {
            vacant.insert(name.into());
        }
        Entry::Occupied(mut occupied) => {
            if !occupied.iter().any(|value| has(value, &name)) {
                occupied.append(name.into());
            }
        }
    }
}

fn has(value: &HeaderValue, name: &HeaderName) -> bool {
    let mut names = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    names.any(|other| other == b"*" || other.eq_ignore_ascii_case(name.as_ref()))
}
