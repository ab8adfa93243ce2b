//! Tokens and session ids: one text for each, and no other text for any.

use scs::{SessionId, Token};

/// Where the secret begins in a token's text.
const SECRET: usize = 22;

/// The bytes are a token, or an id, or neither.
pub fn token(bytes: &[u8]) {
    assert_eq!(Token::parse(bytes).is_ok(), is_token(bytes), "64 characters of base64url, and nothing else");
    if let Ok(token) = Token::parse(bytes) {
        assert_eq!(token.expose().as_bytes(), bytes, "a token has one text");
        let (printed, text) = (format!("{token:?}"), token.expose());
        assert!(!printed.contains(&text[SECRET..]), "a printed token hides its secret");
        assert!(printed.contains(&token.id().to_string()), "a printed token names its session");
        assert_eq!(SessionId::from_bytes(token.id().to_bytes()), token.id());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        session_id(text);
    }
}

fn session_id(text: &str) {
    if let Ok(id) = text.parse::<SessionId>() {
        assert_eq!(id.to_string(), text, "an id has one text");
    }
}

/// Whether these bytes can be a token, as the documentation says it.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    bytes.len() == 64 && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
