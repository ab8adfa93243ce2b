//! The Cookie header: ours is found among anything, and nothing else passes for it.

use std::collections::BTreeSet;

use axum::http::header;
use scs::{CookieTransport, Outcome};

use super::{
    token::is_token,
    web::{Handler, Web, header_lines},
};

thread_local! {
    static WEB: Web = Web::new();
}

/// The bytes are the lines of a request's Cookie headers.
pub fn cookie_header(bytes: &[u8]) {
    let Some(headers) = header_lines(&header::COOKIE, bytes) else { return };
    WEB.with(|web| {
        web.store.put(None);
        let (outcome, response) = web.request(CookieTransport::default().into(), headers, Handler::Reads);
        assert_eq!(outcome, expected(bytes));
        assert!(!response.headers().contains_key(header::SET_COOKIE), "whoever only reads is told nothing");
        let contents = web.store.contents();
        assert_eq!(contents.loads, usize::from(outcome == Outcome::Unknown), "only a token reaches the store");
        assert_eq!(contents.writes, 0, "a stranger leaves nothing behind");
    });
}

/// What the header holds by the rules: split at `;`, spaces and tabs trimmed, the name exactly ours, no decoding.
fn expected(bytes: &[u8]) -> Outcome {
    let pairs = bytes.split(|byte| matches!(byte, b'\n' | b';')).map(trimmed);
    let values: BTreeSet<&[u8]> = pairs.filter_map(|pair| pair.strip_prefix(b"__Host-id=")).collect();
    match values.first() {
        None => Outcome::NoToken,
        Some(_) if values.len() > 1 => Outcome::Ambiguous,
        Some(value) if is_token(value) => Outcome::Unknown,
        Some(_) => Outcome::Malformed,
    }
}

fn trimmed(pair: &[u8]) -> &[u8] {
    let is_kept = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let begin = pair.iter().position(is_kept).unwrap_or(pair.len());
    let end = pair.iter().rposition(is_kept).map_or(begin, |last| last + 1);
    &pair[begin..end]
}
