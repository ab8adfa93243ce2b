//! Cookies: RFC 6265bis, with the strictest prefix by default.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::{Found, single};
use crate::{error::ConfigError, time::Timestamp, token::Token, typed_session::TokenChange};

const HOST_PREFIX: &str = "__Host-";
const SECURE_PREFIX: &str = "__Secure-";

/// Browsers drop a cookie whose name and value are longer together (RFC 6265bis §5.7).
const MAX_NAME_AND_VALUE: usize = 4096;
/// Browsers ignore an attribute whose value is longer (RFC 6265bis §5.6).
const MAX_ATTRIBUTE: usize = 1024;
/// Browsers keep no cookie longer (RFC 6265bis §5.5), in seconds.
const MAX_AGE: u64 = 400 * 24 * 60 * 60;

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
    /// Everything after the value and `Max-Age`.
    attributes: String,
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

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds our cookie among all. The header is bytes: junk siblings, percent signs, quotes and
    /// other syntaxes mean nothing, so that no other name can pass for ours.
    pub(super) fn find<'h>(&self, headers: &'h HeaderMap) -> Found<'h> {
        let lines = headers.get_all(header::COOKIE).into_iter();
        let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        single(pairs.filter_map(|pair| self.value(trim(pair))))
    }

    fn value<'p>(&self, pair: &'p [u8]) -> Option<&'p [u8]> {
        pair.strip_prefix(self.name.as_bytes())?.strip_prefix(b"=")
    }

    pub(super) fn write(&self, change: &TokenChange, deadline: Timestamp, now: Timestamp, headers: &mut HeaderMap) {
        let line = match change {
            TokenChange::Set { token, persistent } => {
                self.line(Some(token), persistent.then(|| whole_seconds(deadline.since(now))))
            }
            TokenChange::Removed => self.line(None, Some(0)),
        };
        // Name and attributes were checked when the transport was built, and a token is base64url.
        if let Ok(mut line) = HeaderValue::try_from(line) {
            line.set_sensitive(true);
            headers.append(header::SET_COOKIE, line);
        }
    }

    /// `max_age`: in seconds.
    fn line(&self, token: Option<&Token>, max_age: Option<u64>) -> String {
        let max_age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let length = self.name.len() + "=".len() + Token::TEXT_LENGTH + max_age.len() + self.attributes.len();
        let mut line = String::with_capacity(length);
        line.push_str(&self.name);
        line.push('=');
        if let Some(token) = token {
            token.write(&mut line);
        }
        line.push_str(&max_age);
        line.push_str(&self.attributes);
        line
    }
}

impl Default for CookieTransport {
    fn default() -> Self {
        CookieBuilder::default().build_unchecked()
    }
}

fn trim(mut pair: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = pair {
        pair = rest;
    }
    pair
}

/// Rounded up, so that the client never forgets first.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)).min(MAX_AGE)
}

/// Settings for a [`CookieTransport`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct CookieBuilder {
    name: String,
    path: String,
    domain: Option<String>,
    same_site: SameSite,
    secure: bool,
    partitioned: bool,
}

impl Default for CookieBuilder {
    fn default() -> Self {
        Self {
            name: "__Host-id".to_owned(),
            path: "/".to_owned(),
            domain: None,
            same_site: SameSite::Lax,
            secure: true,
            partitioned: false,
        }
    }
}

impl CookieBuilder {
    /// The cookie's name; `__Host-id` by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The path below which browsers send the cookie; `/` by default. Another path needs a name
    /// without `__Host-`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Shares the cookie with the subdomains of a domain. Needs a name without `__Host-`.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Which requests from other sites carry the cookie; [`SameSite::Lax`] by default.
    pub const fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Whether the cookie travels over secure connections only; on by default. Switching it off
    /// needs a name without prefix.
    pub const fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Whether browsers keep the cookie apart per embedding site (CHIPS).
    pub const fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// The transport with these settings.
    ///
    /// # Errors
    ///
    /// A name, path or domain that no cookie may have, or settings with which a browser would drop
    /// the cookie.
    pub fn build(self) -> Result<CookieTransport, ConfigError> {
        self.check_syntax()?;
        self.check_prefix()?;
        self.check_secure()?;
        Ok(self.build_unchecked())
    }

    fn check_syntax(&self) -> Result<(), ConfigError> {
        if self.name.is_empty() || !self.name.bytes().all(is_token_byte) {
            return Err(ConfigError::new(
                "a cookie name consists of letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.6.2)",
            ));
        }
        if self.name.len() + Token::TEXT_LENGTH > MAX_NAME_AND_VALUE {
            return Err(ConfigError::new("the cookie name is so long that browsers would drop the cookie"));
        }
        if !self.path.starts_with('/') || !is_attribute_value(&self.path) {
            return Err(ConfigError::new(
                "a cookie path begins with `/` and has at most 1,024 printable characters without `;`",
            ));
        }
        if self.domain.as_ref().is_some_and(|domain| !is_domain(domain)) {
            return Err(ConfigError::new("a cookie domain is a host name such as `example.com`"));
        }
        Ok(())
    }

    fn check_prefix(&self) -> Result<(), ConfigError> {
        let host_only = self.domain.is_none() && self.path == "/";
        if has_prefix(&self.name, HOST_PREFIX) && !host_only {
            return Err(ConfigError::new(
                "a `__Host-` cookie has no domain and the path `/`, or browsers drop it; name it `__Secure-…` to share it",
            ));
        }
        Ok(())
    }

    fn check_secure(&self) -> Result<(), ConfigError> {
        if self.secure {
            return Ok(());
        }
        if has_prefix(&self.name, HOST_PREFIX) || has_prefix(&self.name, SECURE_PREFIX) {
            return Err(ConfigError::new(
                "a `__Host-` or `__Secure-` cookie is `Secure`, or browsers drop it; rename it to go without",
            ));
        }
        if self.same_site == SameSite::None {
            return Err(ConfigError::new("a cookie with `SameSite=None` is `Secure`, or browsers drop it"));
        }
        if self.partitioned {
            return Err(ConfigError::new("a partitioned cookie is `Secure`, or browsers drop it"));
        }
        Ok(())
    }

    fn build_unchecked(self) -> CookieTransport {
        let mut attributes = format!("; Path={}", self.path);
        if let Some(domain) = &self.domain {
            attributes.push_str("; Domain=");
            attributes.push_str(domain);
        }
        if self.secure {
            attributes.push_str("; Secure");
        }
        attributes.push_str("; HttpOnly");
        attributes.push_str(self.same_site.attribute());
        if self.partitioned {
            attributes.push_str("; Partitioned");
        }
        CookieTransport { name: self.name, attributes }
    }
}

/// Browsers compare prefixes without regard to case.
fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

fn is_attribute_value(value: &str) -> bool {
    value.len() <= MAX_ATTRIBUTE && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b';')
}

fn is_domain(domain: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    domain.len() <= 253 && domain.split('.').all(is_label)
}
