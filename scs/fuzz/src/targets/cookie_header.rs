//! The Cookie header: ours is found among anything, and nothing else passes for it.

use std::collections::BTreeSet;

use axum::http::{HeaderValue, header};
use scs::{CookieTransport, Outcome};

use super::{
    allocation::measured,
    token::is_token,
    web::{Handler, Web, header_lines},
};

/// What a request may allocate, in bytes, however many cookies it has.
const FOR_ANY_NUMBER: usize = 4096;

thread_local! {
    static WEB: Web = Web::new();
    static FOREIGN: HeaderValue = HeaderValue::try_from("another-cookie=1; ".repeat(250)).expect("a header may hold it");
}

/// The bytes are the lines of a request's Cookie headers, before a line of cookies that concern nobody.
pub fn cookie_header(bytes: &[u8]) {
    let Some(mut headers) = header_lines(&header::COOKIE, bytes) else { return };
    headers.append(header::COOKIE, FOREIGN.with(HeaderValue::clone));
    WEB.with(|web| {
        web.store.put(None);
        let request = || web.request(CookieTransport::default().into(), headers, Handler::Reads);
        let ((outcome, response), allocated) = measured(request);
        assert_eq!(outcome, expected(bytes));
        assert!(allocated <= FOR_ANY_NUMBER, "{allocated} bytes for one request");
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
