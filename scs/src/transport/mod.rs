//! Transports: how a token travels between client and server.

mod cookie;
mod header;
#[cfg(any(debug_assertions, feature = "insecure-dev", feature = "testing"))]
mod reach;

use http::{HeaderMap, HeaderName};

#[cfg(any(debug_assertions, feature = "insecure-dev", feature = "testing"))]
pub(crate) use self::reach::Reach;
pub use self::{
    cookie::{CookieBuilder, CookieTransport, SameSite},
    header::HeaderTransport,
};
#[cfg(feature = "testing")]
use crate::token::Token;
use crate::{state::TokenChange, time::Timestamp, typed_session::Presented};

/// How a token travels: in a [cookie](CookieTransport) or in a [header](HeaderTransport).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Transport {
    /// For browsers.
    Cookie(CookieTransport),
    /// For programs.
    Header(HeaderTransport),
}

impl Default for Transport {
    /// The cookie `__Host-id`.
    fn default() -> Self {
        Self::Cookie(CookieTransport::default())
    }
}

impl From<CookieTransport> for Transport {
    fn from(cookie: CookieTransport) -> Self {
        Self::Cookie(cookie)
    }
}

impl From<HeaderTransport> for Transport {
    fn from(header: HeaderTransport) -> Self {
        Self::Header(header)
    }
}

impl Transport {
    /// What the client presented, as `parse` reads it.
    pub(crate) fn read(&self, headers: &HeaderMap, parse: impl Fn(&[u8]) -> Presented) -> Presented {
        let found = match self {
            Self::Cookie(cookie) => cookie.find(headers),
            Self::Header(header) => header.find(headers),
        };
        match found {
            Found::One(text) => parse(text),
            Found::Nothing => Presented::Nothing,
            Found::Two(one, other) => parse(one).or(parse(other)),
            Found::Several => Presented::Ambiguous,
        }
    }

    /// The name under which the token travels to the server.
    pub(crate) fn carrier(&self) -> &str {
        match self {
            Self::Cookie(cookie) => cookie.name(),
            Self::Header(header) => header.request_header().as_str(),
        }
    }

    /// Tells the client of its new token, or to forget the one it has. `deadline` is when a client
    /// that keeps it beyond its browser's life must forget it.
    pub(crate) fn write(&self, change: &TokenChange, deadline: Timestamp, now: Timestamp, headers: &mut HeaderMap) {
        match self {
            Self::Cookie(cookie) => cookie.write(change, deadline, now, headers),
            Self::Header(header) => header.write(change, headers),
        }
    }

    /// What a client with this token has in its [request header](Self::request_header).
    #[cfg(feature = "testing")]
    pub(crate) fn presented(&self, token: &Token) -> Option<http::HeaderValue> {
        let text = match self {
            Self::Cookie(cookie) => cookie.presented(token),
            Self::Header(header) => header.presented(token),
        };
        let mut value = http::HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The request header that responses depend on.
    pub(crate) fn request_header(&self) -> HeaderName {
        match self {
            Self::Cookie(_) => http::header::COOKIE,
            Self::Header(header) => header.request_header().clone(),
        }
    }

    /// Whether it is [`CookieTransport::insecure_dev`].
    #[cfg(any(debug_assertions, feature = "insecure-dev"))]
    pub(crate) const fn is_for_development(&self) -> bool {
        matches!(self, Self::Cookie(cookie) if cookie.is_for_development())
    }

    /// Whether browsers keep what it sends only if they trust the connection.
    #[cfg(debug_assertions)]
    pub(crate) fn is_secure_cookie(&self) -> bool {
        matches!(self, Self::Cookie(cookie) if cookie.is_secure())
    }

    /// How it is weaker than by default, each completing "the session cookie …".
    pub(crate) fn weaknesses(&self) -> Vec<&'static str> {
        match self {
            Self::Cookie(cookie) => cookie.weaknesses(),
            Self::Header(_) => Vec::new(),
        }
    }

    /// Whether both would read the same token.
    pub(crate) fn clashes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cookie(one), Self::Cookie(other)) => one.name() == other.name(),
            (Self::Header(one), Self::Header(other)) => one.request_header() == other.request_header(),
            _ => false,
        }
    }

    /// What to do about two layers that would both read this.
    pub(crate) fn two_layers(&self) -> String {
        match self {
            Self::Cookie(cookie) => format!(
                "two session layers use the cookie `{}`; give one of them another name with `CookieTransport::builder().name(..)`",
                cookie.name()
            ),
            Self::Header(header) => {
                format!("two session layers use the header `{}`; give one of them another", header.request_header())
            }
        }
    }
}

/// What there is to read in a request.
enum Found<'h> {
    Nothing,
    One(&'h [u8]),
    /// Different texts, of which one may be left from before the cookie had another domain or path.
    Two(&'h [u8], &'h [u8]),
    /// More than two, and nobody knows whose each is.
    Several,
}

impl<'h> Found<'h> {
    /// One text more: the same twice is one.
    fn and(self, text: &'h [u8]) -> Self {
        match self {
            Self::Nothing => Self::One(text),
            Self::One(other) if other == text => self,
            Self::One(other) => Self::Two(other, text),
            Self::Two(one, other) if text == one || text == other => self,
            Self::Two(..) | Self::Several => Self::Several,
        }
    }
}
