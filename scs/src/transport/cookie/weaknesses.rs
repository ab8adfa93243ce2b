//! What a browser keeps, and an attacker likes.

use super::{CookieTransport, SameSite};

/// How the cookie is weaker than by default, each completing "the session cookie …".
pub(super) fn of(cookie: &CookieTransport) -> Vec<&'static str> {
    #[cfg(any(debug_assertions, feature = "insecure-dev"))]
    if cookie.is_for_development() {
        return vec!["is `CookieTransport::insecure_dev()`, which anybody on the network can read; do not deploy this"];
    }
    let weaknesses = [
        (!cookie.is_secure(), "is not `Secure`: anybody on the network can read it"),
        (
            !cookie.name.starts_with("__Host-"),
            "has no `__Host-` in its name: other hosts of the same domain can set it",
        ),
        (cookie.has(SameSite::None.attribute()), "is `SameSite=None`: pages of other sites send requests with it"),
    ];
    weaknesses.into_iter().filter_map(|(is_so, sentence)| is_so.then_some(sentence)).collect()
}
