//! Cookies: RFC 6265bis, with the strictest prefix by default.

mod builder;
mod pairs;
mod rules;
mod weaknesses;

use std::{io::Write as _, time::Duration};

use http::{
    HeaderMap, HeaderValue,
    header::{self, Entry},
};

pub use self::builder::CookieBuilder;
use self::pairs::Pairs;
use super::Found;
use crate::{state::TokenChange, time::Timestamp, token::Token};

/// Browsers keep no cookie longer (RFC 6265bis §5.5), in seconds.
const MAX_AGE: u64 = 400 * 24 * 60 * 60;

/// How the names begin of cookies that belong to one host, with the path `/`.
const HOST: &str = "__Host-";

const MAX_AGE_ATTRIBUTE: &str = "; Max-Age=";

/// Carries the token in a cookie.
///
/// By default it is `__Host-id` with `Secure`, `HttpOnly`, `SameSite=Lax` and `Path=/` (OWASP ASVS
/// 5.0, 3.3.1 to 3.3.4), gone when the browser closes unless the session is
/// [remembered](crate::TypedSession::remember). Chromium, Firefox and curl take such a cookie from
/// `http://localhost` too. `HttpOnly` cannot be switched off.
///
/// ```
/// use scs::{CookieTransport, SameSite};
///
/// # fn main() -> Result<(), scs::ConfigError> {
/// let cookie = CookieTransport::builder().name("__Host-admin").same_site(SameSite::Strict).build()?;
/// assert_eq!(cookie.name(), "__Host-admin");
///
/// // A `__Host-` cookie belongs to one host: a browser would drop this one.
/// assert!(CookieTransport::builder().domain("example.com").build().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CookieTransport {
    name: String,
    /// Finds it among others.
    pairs: Pairs,
    /// Everything after the value and `Max-Age`.
    attributes: String,
    /// The same of the cookies that it was before.
    former: Vec<String>,
    #[cfg(any(debug_assertions, feature = "insecure-dev"))]
    is_for_development: bool,
}

/// Which requests from other sites carry the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// None. Links from other sites and returns from a sign-in service arrive without the session.
    Strict,
    /// Only top-level navigation with a safe method.
    Lax,
    /// All; needs `Secure`.
    None,
}

impl SameSite {
    const fn attribute(self) -> &'static str {
        match self {
            Self::Strict => "; SameSite=Strict",
            Self::Lax => "; SameSite=Lax",
            Self::None => "; SameSite=None",
        }
    }
}

impl CookieTransport {
    /// Starts from the defaults.
    pub fn builder() -> CookieBuilder {
        CookieBuilder::default()
    }

    /// The cookie `id-dev` without `Secure`, for a browser that takes no `Secure` cookie from this machine, or a
    /// telephone in the same network. All else is as by default, and its name can shadow no cookie of production.
    ///
    /// It exists in debug builds, and elsewhere with the feature `insecure-dev`. A layer with it warns when it is made, and
    /// answers 503 to every request that is not for `localhost`, a name below it or an address of this machine or a private
    /// network, to every one with a sign of a proxy (`Via`, `Forwarded`, `X-Forwarded-…`, `X-Real-IP` and their kind, or
    /// HTTP/1.0), and to every one over https. A proxy that leaves no sign cannot be told from a browser.
    ///
    /// ```
    /// # use scs::{CookieTransport, MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// # let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    /// # let _ =
    /// sessions.layer().transport(CookieTransport::insecure_dev());
    /// ```
    #[cfg(any(debug_assertions, feature = "insecure-dev"))]
    pub fn insecure_dev() -> Self {
        Self { is_for_development: true, ..Self::builder().name("id-dev").secure(false).build_unchecked() }
    }

    #[cfg(any(debug_assertions, feature = "insecure-dev"))]
    pub(crate) const fn is_for_development(&self) -> bool {
        self.is_for_development
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.has("; Secure")
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.contains(attribute)
    }

    pub(super) fn weaknesses(&self) -> Vec<&'static str> {
        weaknesses::of(self)
    }

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds our cookie among all.
    pub(super) fn find<'h>(&self, headers: &'h HeaderMap) -> Found<'h> {
        match self.pairs.find(headers) {
            // Its domain and its path never change, so a browser keeps one.
            Found::Two(..) if self.name.starts_with(HOST) => Found::Several,
            found => found,
        }
    }

    /// What a client with this token sends.
    #[cfg(feature = "testing")]
    pub(super) fn presented(&self, token: &Token) -> String {
        format!("{}={}", self.name, token.expose())
    }

    pub(super) fn write(&self, change: &TokenChange, deadline: Timestamp, now: Timestamp, headers: &mut HeaderMap) {
        let line = match change {
            TokenChange::Set { token, persistent } => {
                self.line(Some(token), persistent.then(|| whole_seconds(deadline.since(now))), &self.attributes)
            }
            TokenChange::Removed => self.line(None, Some(0), &self.attributes),
        };
        // Name and attributes were checked when the transport was built, and a token is base64url.
        if let Ok(mut line) = HeaderValue::try_from(line) {
            line.set_sensitive(true);
            self.set(line, headers);
        }
        for former in &self.former {
            if let Ok(line) = HeaderValue::try_from(self.line(None, Some(0), former)) {
                headers.append(header::SET_COOKIE, line);
            }
        }
    }

    /// Puts a line in the place of every other one for this cookie: a response has one of each name (RFC 6265bis §4.1.1), besides
    /// those that remove what it was before.
    fn set(&self, line: HeaderValue, headers: &mut HeaderMap) {
        // Most responses set no other cookie.
        if !headers.append(header::SET_COOKIE, line) {
            return;
        }
        let Entry::Occupied(lines) = headers.entry(header::SET_COOKIE) else { return };
        let mut ours = lines.iter().filter(|line| self.is_named_in(line)).count();
        if ours < 2 {
            return;
        }
        let (name, lines) = lines.remove_entry_mult();
        let lines: Vec<_> = lines.collect();
        for line in lines {
            let is_ours = self.is_named_in(&line);
            ours -= usize::from(is_ours);
            // The last one is the new one.
            if !is_ours || ours == 0 {
                headers.append(&name, line);
            }
        }
    }

    fn is_named_in(&self, line: &HeaderValue) -> bool {
        line.as_bytes().strip_prefix(self.name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
    }

    /// `max_age`: in seconds. The line is allocated once and in its exact length, so that a header takes it over as it is.
    fn line(&self, token: Option<&Token>, max_age: Option<u64>, attributes: &str) -> Vec<u8> {
        let value = token.map_or(0, Token::text_length);
        let age = max_age.map_or(0, |seconds| MAX_AGE_ATTRIBUTE.len() + digits(seconds));
        let mut line = Vec::with_capacity(self.name.len() + "=".len() + value + age + attributes.len());
        line.extend_from_slice(self.name.as_bytes());
        line.push(b'=');
        if let Some(token) = token {
            token.write(&mut line);
        }
        if let Some(seconds) = max_age {
            // Memory takes all that is written.
            let _ = write!(line, "{MAX_AGE_ATTRIBUTE}{seconds}");
        }
        line.extend_from_slice(attributes.as_bytes());
        line
    }
}

impl Default for CookieTransport {
    fn default() -> Self {
        CookieBuilder::default().build_unchecked()
    }
}

/// Rounded up, so that the client never forgets first.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)).min(MAX_AGE)
}

/// How many decimal digits a number has.
fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |last| last as usize + 1)
}
