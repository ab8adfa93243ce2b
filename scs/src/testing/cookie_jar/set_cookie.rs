//! `Set-Cookie` lines, as browsers take them apart (RFC 6265bis §5.6).

use std::time::Duration;

use super::{Dropped, date, fetch::Fetch};
use crate::time::Timestamp;

const MAX_NAME_AND_VALUE: usize = 4096;
const MAX_ATTRIBUTE: usize = 1024;
const LONGEST: Duration = Duration::from_hours(400 * 24);

/// What a line says, whether or not a browser would keep it. Of several attributes of a name the last counts.
pub(super) struct SetCookie<'l> {
    pub(super) name: &'l [u8],
    pub(super) value: &'l [u8],
    pub(super) domain: &'l [u8],
    pub(super) path: Option<&'l [u8]>,
    pub(super) is_secure: bool,
    pub(super) is_http_only: bool,
    pub(super) is_partitioned: bool,
    pub(super) same_site: SameSite,
    /// When the lifetime ends.
    max_age: Option<Timestamp>,
    expires: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SameSite {
    /// Nothing was said, or nothing that is known.
    Default,
    None,
    Lax,
    Strict,
}

impl<'l> SetCookie<'l> {
    pub(super) fn parse(line: &'l [u8], now: Timestamp) -> Result<Self, Dropped> {
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(Dropped::ControlCharacter);
        }
        let mut parts = line.split(|byte| *byte == b';');
        let pair = parts.next().unwrap_or_default();
        // Without `=` all of it is the value of a cookie without a name.
        let (name, value) = split(pair).unwrap_or((b"", pair.trim_ascii()));
        if name.len() + value.len() > MAX_NAME_AND_VALUE {
            return Err(Dropped::TooLong);
        }
        let mut cookie = Self::new(name, value);
        for attribute in parts {
            let (name, value) = split(attribute).unwrap_or((attribute.trim_ascii(), b""));
            if value.len() <= MAX_ATTRIBUTE {
                cookie.set(&name.to_ascii_lowercase(), value, now);
            }
        }
        Ok(cookie)
    }

    const fn new(name: &'l [u8], value: &'l [u8]) -> Self {
        Self {
            name,
            value,
            domain: b"",
            path: None,
            is_secure: false,
            is_http_only: false,
            is_partitioned: false,
            same_site: SameSite::Default,
            max_age: None,
            expires: None,
        }
    }

    fn set(&mut self, attribute: &[u8], value: &'l [u8], now: Timestamp) {
        match attribute {
            b"expires" => self.expires = date::parse(value).map(|date| date.min(now + LONGEST)).or(self.expires),
            b"max-age" => self.max_age = max_age(value, now).or(self.max_age),
            b"domain" => self.domain = value.strip_prefix(b".").unwrap_or(value),
            b"path" => self.path = Some(value),
            b"secure" => self.is_secure = true,
            b"httponly" => self.is_http_only = true,
            b"partitioned" => self.is_partitioned = true,
            b"samesite" => self.same_site = SameSite::of(value),
            _ => {}
        }
    }

    /// When the browser forgets it; `Max-Age` counts more than `Expires`.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.max_age.or(self.expires)
    }

    /// The path it is for, when it comes from there.
    pub(super) fn effective_path<'p>(&'p self, fetch: &'p Fetch) -> &'p [u8] {
        self.path.filter(|path| path.starts_with(b"/")).unwrap_or(fetch.default_path().as_bytes())
    }
}

impl SameSite {
    const fn of(value: &[u8]) -> Self {
        match value {
            value if value.eq_ignore_ascii_case(b"none") => Self::None,
            value if value.eq_ignore_ascii_case(b"lax") => Self::Lax,
            value if value.eq_ignore_ascii_case(b"strict") => Self::Strict,
            _ => Self::Default,
        }
    }

    /// Whether a request may carry the cookie. Without the attribute it is as with `Lax`; two minutes' leniency for forms
    /// that some browsers add is nothing to rely on.
    pub(super) fn allows(self, fetch: &Fetch) -> bool {
        match self {
            Self::None => true,
            Self::Default | Self::Lax => fetch.is_same_site() || fetch.is_safe_navigation(),
            Self::Strict => fetch.is_same_site(),
        }
    }
}

/// What stands before the first `=` and after it, without the spaces and tabs around.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = text.iter().position(|byte| *byte == b'=')?;
    Some((text[..equals].trim_ascii(), text[equals + 1..].trim_ascii()))
}

/// The end of a lifetime in seconds; one that is no number says nothing.
fn max_age(value: &[u8], now: Timestamp) -> Option<Timestamp> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if digits.len() < value.len() {
        return Some(Timestamp::from_unix_millis(0));
    }
    let seconds =
        digits.iter().fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(match seconds {
        0 => Timestamp::from_unix_millis(0),
        seconds => now + Duration::from_secs(seconds).min(LONGEST),
    })
}
