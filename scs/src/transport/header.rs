//! Headers: for clients that are programs.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::Found;
use crate::state::TokenChange;
#[cfg(feature = "testing")]
use crate::token::Token;

const SESSION_TOKEN: HeaderName = HeaderName::from_static("x-session-token");

/// Carries the token in a header, for clients that are programs.
///
/// A new token comes back in one response header, which is empty when the session has ended. No
/// cookie is read or set, so requests that other sites make a browser send carry no session.
///
/// ```
/// use scs::HeaderTransport;
///
/// let bearer = HeaderTransport::bearer();
/// assert_eq!(bearer.request_header(), "authorization");
/// assert_eq!(bearer.response_header(), "x-session-token");
/// ```
#[derive(Debug, Clone)]
pub struct HeaderTransport {
    request: HeaderName,
    response: HeaderName,
    scheme: Option<&'static str>,
}

impl HeaderTransport {
    /// Requests carry `Authorization: Bearer <token>` (RFC 6750); new tokens come back as
    /// `X-Session-Token: <token>`.
    pub const fn bearer() -> Self {
        Self { request: header::AUTHORIZATION, response: SESSION_TOKEN, scheme: Some("Bearer") }
    }

    /// Requests and responses carry the bare token in a header of this name.
    pub fn named(name: HeaderName) -> Self {
        Self { request: name.clone(), response: name, scheme: None }
    }

    /// The header that requests carry.
    pub const fn request_header(&self) -> &HeaderName {
        &self.request
    }

    /// The header in which a new token comes back.
    pub const fn response_header(&self) -> &HeaderName {
        &self.response
    }

    pub(super) fn find<'h>(&self, headers: &'h HeaderMap) -> Found<'h> {
        let mut lines = headers.get_all(&self.request).into_iter().map(HeaderValue::as_bytes);
        match (lines.next(), lines.next()) {
            (_, Some(_)) => Found::Several,
            (line, None) => line.and_then(|line| self.credentials(line)).map_or(Found::Nothing, Found::One),
        }
    }

    /// What follows the scheme; nothing if the line has another one, which is somebody else's.
    fn credentials<'l>(&self, line: &'l [u8]) -> Option<&'l [u8]> {
        let Some(scheme) = self.scheme else { return Some(line) };
        let (found, rest) = line.split_at_checked(scheme.len())?;
        let credentials = rest.strip_prefix(b" ")?;
        found.eq_ignore_ascii_case(scheme.as_bytes()).then_some(credentials)
    }

    /// What a client with this token sends.
    #[cfg(feature = "testing")]
    pub(super) fn presented(&self, token: &Token) -> String {
        match self.scheme {
            Some(scheme) => format!("{scheme} {}", token.expose()),
            None => token.expose(),
        }
    }

    pub(super) fn write(&self, change: &TokenChange, headers: &mut HeaderMap) {
        let value = match change {
            TokenChange::Set { token, .. } => token.expose(),
            TokenChange::Removed => String::new(),
        };
        if let Ok(mut value) = HeaderValue::try_from(value) {
            value.set_sensitive(true);
            headers.insert(self.response.clone(), value);
        }
    }
}
