//! Tokens against forged requests.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use smallvec::SmallVec;
use subtle::{Choice, ConstantTimeEq as _};

use super::{Handle, Session, TypedSession};
use crate::{error::SessionError, state::Privilege, token::SecretHash};

const BYTES: usize = 32;

/// Bytes that SHA-256 takes in at a time: HMAC fills shorter keys with zeros.
const BLOCK: usize = 64;

/// Separates these codes from every other use of HMAC with the same key.
const DOMAIN: &[u8] = b"scs csrf 1";

impl<S: Session> TypedSession<S> {
    /// What shows that a form was sent from a page of this application (OWASP ASVS 5.0, 3.5.1): a token for the page, and
    /// the check of the one that comes back.
    ///
    /// It is bound to the session's secret: signing in, signing out and renewing change it, a periodic renewal leaves the one
    /// before valid once. A visitor who has no session yet gets one with [`Csrf::token`], so call that only where a form is
    /// shown. Verifying changes nothing.
    ///
    /// ```
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let session = SessionManager::<Visitor, _>::new(MemoryStore::new()).open(None).await?;
    /// // The page.
    /// let field = format!(r#"<input type="hidden" name="csrf" value="{}">"#, session.csrf()?.token()?);
    ///
    /// // The handler of what the form sends.
    /// let sent = field.split('"').nth(5).unwrap_or_default();
    /// session.csrf()?.verify(sent)?;
    /// assert!(session.csrf()?.verify("made up").is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// None yet: what can fail is [`Csrf::token`].
    pub fn csrf(&self) -> Result<Csrf, SessionError> {
        Ok(Csrf(self.handle().clone()))
    }
}

/// The tokens against forged requests of one session, made by [`TypedSession::csrf`]. It looks at the session each time it
/// is asked.
pub struct Csrf(Handle);

/// What a token hides under its mask.
struct Code([u8; BYTES]);

impl Code {
    fn of(secret: &SecretHash) -> Self {
        let mut key = [0; BLOCK];
        key[..BYTES].copy_from_slice(&secret.0);
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(DOMAIN);
        Self(mac.finalize().into_bytes().into())
    }
}

impl Csrf {
    /// A token for one response: 86 base64url characters. Each is masked anew, so that a page that is compressed does not
    /// give it away (BREACH).
    ///
    /// # Errors
    ///
    /// The operating system has no random bytes to give, or the head of the response has left and the client can have no
    /// session any more that the token would belong to.
    pub fn token(&self) -> Result<String, SessionError> {
        let code = match self.stored().first() {
            Some(code) => Code(code.0),
            None => self.first()?,
        };
        let mut bytes = [0; 2 * BYTES];
        let (mask, masked) = bytes.split_at_mut(BYTES);
        getrandom::fill(mask).map_err(|error| SessionError::Random(error.into()))?;
        masked.copy_from_slice(&xor(&code.0, mask));
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What tokens may hide now: that of the current secret first, then that of the one before the last periodic renewal.
    /// None before the session is stored, or while its secret is about to change.
    fn stored(&self) -> SmallVec<[Code; 2]> {
        let state = self.0.state();
        let header = state.base().map(|base| base.header).filter(|_| state.privilege() == Privilege::Kept);
        let secrets = header.into_iter().flat_map(|header| {
            let previous = header.former_secret();
            std::iter::once(header.secret).chain(previous)
        });
        secrets.map(|secret| Code::of(&secret)).collect()
    }

    /// What the tokens hide that are made before their secret is stored. The session is stored for them.
    fn first(&self) -> Result<Code, SessionError> {
        self.0.state().check_head()?;
        let secret = self.0.state().draw_secret()?;
        self.0.state().keep_empty();
        Ok(Code::of(&self.0.hash_next(secret)))
    }

    /// Whether a request was sent from a page that this session was given a token with; compares in constant time.
    ///
    /// # Errors
    ///
    /// The text is no token of this session, or one from before it was signed in, signed out or renewed.
    pub fn verify(&self, token: &str) -> Result<(), InvalidCsrfToken> {
        let mut bytes = [0; 2 * BYTES];
        if URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) != Ok(bytes.len()) {
            return Err(InvalidCsrfToken);
        }
        let (mask, masked) = bytes.split_at(BYTES);
        let presented = xor(masked, mask);
        let is_valid = self.valid().iter().fold(Choice::from(0), |valid, code| valid | presented.ct_eq(&code.0));
        if is_valid.into() { Ok(()) } else { Err(InvalidCsrfToken) }
    }

    /// What valid tokens hide. Nothing is drawn for it: a secret that no token was made of makes none valid.
    fn valid(&self) -> SmallVec<[Code; 2]> {
        let stored = self.stored();
        if !stored.is_empty() {
            return stored;
        }
        self.0.state().drawn_secret().map(|secret| Code::of(&self.0.hash_next(secret))).into_iter().collect()
    }
}

fn xor(one: &[u8], other: &[u8]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (byte, (one, other)) in bytes.iter_mut().zip(one.iter().zip(other)) {
        *byte = one ^ other;
    }
    bytes
}

impl fmt::Debug for Csrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csrf([redacted])")
    }
}

/// The request was not sent from a page of this session. Answer 403; the middleware's answer to it is that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request has no valid token against forgery; load the page again and repeat it")]
pub struct InvalidCsrfToken;
