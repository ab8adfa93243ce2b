//! The Authorization header: `Bearer` and a token, once.

use axum::http::header;
use scs::{HeaderTransport, Outcome};

use super::{
    token::is_token,
    web::{Handler, Web, header_lines},
};

thread_local! {
    static WEB: Web = Web::new();
}

/// The bytes are the lines of a request's Authorization headers.
pub fn authorization_header(bytes: &[u8]) {
    let Some(headers) = header_lines(&header::AUTHORIZATION, bytes) else { return };
    WEB.with(|web| {
        web.store.put(None);
        let (outcome, response) = web.request(HeaderTransport::bearer().into(), headers, Handler::Reads);
        assert_eq!(outcome, expected(bytes));
        assert!(!response.headers().contains_key("x-session-token"), "whoever only reads is told nothing");
        let contents = web.store.contents();
        assert_eq!(contents.loads, usize::from(outcome == Outcome::Unknown), "only a token reaches the store");
        assert_eq!(contents.writes, 0, "a stranger leaves nothing behind");
    });
}

/// What the header holds by RFC 6750: a scheme in any case, one space, the token.
fn expected(bytes: &[u8]) -> Outcome {
    let scheme = bytes.get(..7).map(<[u8]>::to_ascii_lowercase);
    match scheme.as_deref() {
        _ if bytes.contains(&b'\n') => Outcome::Ambiguous,
        Some(b"bearer ") if is_token(&bytes[7..]) => Outcome::Unknown,
        Some(b"bearer ") => Outcome::Malformed,
        _ => Outcome::NoToken,
    }
}
