//! Set-Cookie: whatever a cookie is built from, it is refused, or is one line that a browser reads back as it was meant.

use axum::http::{HeaderMap, header};
use scs::{ConfigError, CookieTransport, Outcome, SameSite};

use super::{
    token::is_token,
    web::{Handler, Web},
};

/// Browsers keep no cookie longer (RFC 6265bis §5.5), in seconds.
const LONGEST: u64 = 400 * 24 * 60 * 60;

thread_local! {
    static WEB: Web = Web::new();
}

/// What a cookie is built from.
struct Settings<'a> {
    name: &'a str,
    path: &'a str,
    domain: Option<&'a str>,
    same_site: SameSite,
    secure: bool,
    partitioned: bool,
}

/// The first byte is switches; name, path and domain follow, a line for each.
pub fn set_cookie(bytes: &[u8]) {
    let Some((switches, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let settings = Settings::read(*switches, text);
    let Ok(cookie) = settings.build() else { return };
    let handler = if switches & 0b10_0000 == 0 { Handler::Writes } else { Handler::Remembers };
    WEB.with(|web| {
        web.store.put(None);
        let (_, response) = web.request(cookie.clone().into(), HeaderMap::new(), handler);
        let mut lines = response.headers().get_all(header::SET_COOKIE).iter();
        let line = lines.next().expect("a new session has a cookie").to_str().expect("a cookie is printable");
        assert!(lines.next().is_none(), "a response sets the cookie once");
        settings.check(line);
        let (pair, _) = line.split_once(';').expect("a cookie has attributes");
        let headers = HeaderMap::from_iter([(header::COOKIE, pair.parse().unwrap())]);
        let (outcome, _) = web.request(cookie.into(), headers, Handler::Reads);
        assert_eq!(outcome, Outcome::Loaded, "what a browser sends back opens the session");
    });
}

impl<'a> Settings<'a> {
    fn read(switches: u8, text: &'a str) -> Self {
        let mut lines = text.splitn(3, '\n');
        Self {
            name: lines.next().unwrap_or_default(),
            path: lines.next().unwrap_or("/"),
            domain: lines.next(),
            same_site: match switches & 0b11 {
                0 => SameSite::None,
                1 => SameSite::Strict,
                _ => SameSite::Lax,
            },
            secure: switches & 0b100 == 0,
            partitioned: switches & 0b1000 != 0,
        }
    }

    fn build(&self) -> Result<CookieTransport, ConfigError> {
        let builder = CookieTransport::builder().name(self.name).path(self.path).same_site(self.same_site);
        let builder = builder.secure(self.secure).partitioned(self.partitioned);
        match self.domain {
            Some(domain) => builder.domain(domain).build(),
            None => builder.build(),
        }
    }

    /// Reads the line as a browser does (RFC 6265bis §5.6) and keeps or drops the cookie as one (§5.7).
    fn check(&self, line: &str) {
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "one line of printable characters");
        let mut parts = line.split(';').map(|part| part.trim_matches([' ', '\t']));
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a value");
        assert_eq!(name, self.name);
        assert!(is_token(value.as_bytes()));
        let mut attributes: Vec<&str> = parts.collect();
        attributes.retain(|attribute| !is_max_age(attribute));
        assert_eq!(attributes, self.attributes(), "the attributes that were asked for, and no other");
        self.check_kept(name, value);
    }

    fn attributes(&self) -> Vec<String> {
        let same_site = match self.same_site {
            SameSite::Strict => "SameSite=Strict",
            SameSite::Lax => "SameSite=Lax",
            SameSite::None => "SameSite=None",
        };
        let mut attributes = vec![format!("Path={}", self.path)];
        attributes.extend(self.domain.map(|domain| format!("Domain={domain}")));
        attributes.extend(self.secure.then(|| "Secure".to_owned()));
        attributes.extend(["HttpOnly".to_owned(), same_site.to_owned()]);
        attributes.extend(self.partitioned.then(|| "Partitioned".to_owned()));
        attributes
    }

    fn check_kept(&self, name: &str, value: &str) {
        let lower = name.to_ascii_lowercase();
        assert!(name.len() + value.len() <= 4096, "a browser drops a longer cookie");
        assert!(self.path.len() <= 1024 && self.domain.is_none_or(|domain| domain.len() <= 1024));
        assert!(self.path.starts_with('/'), "a browser takes another path than this");
        let is_free = self.same_site != SameSite::None && !self.partitioned && !lower.starts_with("__secure-");
        assert!(self.secure || is_free, "a browser drops what is to be `Secure` and is not");
        let is_host_only = self.secure && self.path == "/" && self.domain.is_none();
        assert!(
            is_host_only || !lower.starts_with("__host-"),
            "a browser drops a `__Host-` cookie of more than a host"
        );
    }
}

/// Whether the attribute is a `Max-Age`, which must be one that browsers take.
fn is_max_age(attribute: &str) -> bool {
    let Some(seconds) = attribute.strip_prefix("Max-Age=") else { return false };
    assert!(seconds.parse::<u64>().is_ok_and(|seconds| (1..=LONGEST).contains(&seconds)), "{seconds} s");
    true
}
