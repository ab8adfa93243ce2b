//! Caching headers: what shared caches and browsers may keep of responses that used a session.

use http::{HeaderMap, HeaderName, HeaderValue, header};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const PRIVATE: HeaderValue = HeaderValue::from_static("private");
const PRIVATE_NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");

/// A response with a token is kept nowhere, whatever the handler said (OWASP ASVS 5.0, 14.3.2; RFC
/// 9111 §7.3 is why: `Set-Cookie` alone does not stop caches). One that only used the session is
/// kept by no shared cache, and by none at all if somebody is signed in, unless the handler decided.
pub(super) fn apply(headers: &mut HeaderMap, varies_by: &HeaderName, has_token: bool, is_authenticated: bool) {
    vary(headers, varies_by);
    if has_token {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    } else if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, if is_authenticated { PRIVATE_NO_STORE } else { PRIVATE });
    }
}

/// Adds a name to `Vary` unless it is there already.
fn vary(headers: &mut HeaderMap, name: &HeaderName) {
    let values = headers.get_all(header::VARY).into_iter();
    let mut names = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim);
    if !names.any(|other| other == "*" || other.eq_ignore_ascii_case(name.as_str())) {
        headers.append(header::VARY, HeaderValue::from(name.clone()));
    }
}
