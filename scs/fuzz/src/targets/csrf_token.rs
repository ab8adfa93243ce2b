//! Tokens against forged requests: those that the session gave, under any mask, and no other.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use scs::{Csrf, Session};

use super::{edit::edited, now, one_record::OneRecord};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

thread_local! {
    /// What a session gave once, so that its mask is not drawn anew each time.
    static GENUINE: (Csrf, Vec<u8>) = genuine();
}

fn genuine() -> (Csrf, Vec<u8>) {
    let session = now(OneRecord::managed::<Visitor>().0.open(None)).unwrap();
    let csrf = session.csrf().unwrap();
    assert_eq!(format!("{csrf:?}"), "Csrf([redacted])");
    let token = URL_SAFE_NO_PAD.decode(csrf.token().unwrap()).unwrap();
    (csrf, token)
}

/// The bytes are a token, and edits of one that the session gave.
pub fn csrf_token(bytes: &[u8]) {
    GENUINE.with(|(csrf, genuine)| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            assert_eq!(csrf.verify(text).is_ok(), is_ours(text, genuine));
        }
        let text = URL_SAFE_NO_PAD.encode(edited(genuine, bytes));
        assert_eq!(csrf.verify(&text).is_ok(), is_ours(&text, genuine));
    });
}

/// Whether both halves of the text hide what those of a genuine token hide.
fn is_ours(text: &str, genuine: &[u8]) -> bool {
    let hidden = |bytes: &[u8]| -> Vec<u8> { bytes[..32].iter().zip(&bytes[32..]).map(|(a, b)| a ^ b).collect() };
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 64);
    bytes.is_some_and(|bytes| hidden(&bytes) == hidden(genuine))
}
