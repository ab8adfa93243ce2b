//! A browser's jar of cookies, as RFC 6265bis describes it.

mod cookie;
mod date;
mod fetch;
mod rules;
mod set_cookie;

use std::{cmp::Reverse, fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, header};

use self::{
    cookie::Partition,
    rules::{RULES, domain, is_host_only},
    set_cookie::SetCookie,
};
pub use self::{
    cookie::StoredCookie,
    fetch::{Context, Fetch},
    rules::Dropped,
};
use crate::time::{Clock, Timestamp};

/// Keeps and sends cookies as RFC 6265bis §5.6 to §5.8 tells browsers to: prefixes, `SameSite`, `Secure` and where it
/// counts as kept, domains and paths, ages up to 400 days, and `Partitioned` as CHIPS describes it.
///
/// Of public suffixes it knows those of one label, such as `com`, and no list. It evicts nothing.
///
/// ```
/// use std::sync::Arc;
///
/// use axum::http::{Method, Uri};
/// use scs::{SystemClock, testing::{Context, CookieJar, Dropped, Fetch}};
///
/// # fn main() -> Result<(), Dropped> {
/// let mut jar = CookieJar::new(Arc::new(SystemClock));
/// let page = Fetch::new(Method::GET, Uri::from_static("https://example.com/"));
/// jar.store(&page, b"__Host-id=42; Path=/; Secure; HttpOnly; SameSite=Lax")?;
/// assert_eq!(jar.header(&page).as_ref().map(|header| header.as_bytes()), Some(&b"__Host-id=42"[..]));
///
/// // No form of another site is sent with it.
/// let form = Fetch::new(Method::POST, Uri::from_static("https://example.com/")).context(Context::Link);
/// assert_eq!(jar.header(&form), None);
///
/// assert_eq!(jar.store(&page, b"__Host-id=42; Path=/"), Err(Dropped::Prefix));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CookieJar {
    clock: Arc<dyn Clock>,
    cookies: Vec<StoredCookie>,
    /// How many cookies ever came in.
    stored: u64,
}

impl CookieJar {
    /// An empty jar, whose cookies age by this clock.
    pub const fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, cookies: Vec::new(), stored: 0 }
    }

    /// Takes the cookies of a response, without those that a browser drops.
    pub fn receive(&mut self, fetch: &Fetch, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            // Browsers tell nobody either; `store` is for those who ask.
            let _ = self.store(fetch, line.as_bytes());
        }
    }

    /// Takes a cookie from a `Set-Cookie` line; one whose time is over is taken out.
    ///
    /// # Errors
    ///
    /// Why a browser drops it. The jar is as before.
    pub fn store(&mut self, fetch: &Fetch, line: &[u8]) -> Result<(), Dropped> {
        let now = self.clock.now();
        let set = SetCookie::parse(line, now)?;
        if let Some(dropped) = RULES.iter().find_map(|rule| rule(&set, fetch)) {
            return Err(dropped);
        }
        self.forget_expired(now);
        let mut cookie = self.cookie(&set, fetch);
        if !set.is_secure && !fetch.is_secure() && self.cookies.iter().any(|other| cookie.shadows(other)) {
            return Err(Dropped::SecureExists);
        }
        if let Some(old) = self.cookies.iter().position(|other| cookie.replaces(other)) {
            cookie.age = self.cookies.remove(old).age;
        }
        self.cookies.push(cookie);
        self.stored += 1;
        self.forget_expired(now);
        Ok(())
    }

    fn cookie(&self, set: &SetCookie<'_>, fetch: &Fetch) -> StoredCookie {
        let is_host_only = is_host_only(set, fetch);
        StoredCookie {
            name: set.name.to_owned(),
            value: set.value.to_owned(),
            domain: if is_host_only { fetch.host() } else { domain(set) },
            is_host_only,
            path: set.effective_path(fetch).to_owned(),
            is_secure: set.is_secure,
            is_http_only: set.is_http_only,
            same_site: set.same_site,
            partition: if set.is_partitioned { fetch.partition().into_owned() } else { Partition::Shared },
            expires: set.expires(),
            age: self.stored,
        }
    }

    fn forget_expired(&mut self, now: Timestamp) {
        self.cookies.retain(|cookie| !cookie.is_expired(now));
    }

    /// The `Cookie` header of a request: longer paths first, then older cookies. `None` if no cookie goes with it.
    pub fn header(&self, fetch: &Fetch) -> Option<HeaderValue> {
        let mut cookies: Vec<&StoredCookie> = self.cookies().filter(|cookie| cookie.goes_with(fetch)).collect();
        cookies.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.age));
        let pairs: Vec<Vec<u8>> = cookies.into_iter().map(pair).collect();
        let line = (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))?;
        let mut header = HeaderValue::from_bytes(&line).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The cookies that are there, the youngest last.
    pub fn cookies(&self) -> impl Iterator<Item = &StoredCookie> {
        let now = self.clock.now();
        self.cookies.iter().filter(move |cookie| !cookie.is_expired(now))
    }

    /// Closes the browser: what has no `Max-Age` and no `Expires` is forgotten.
    pub fn close_browser(&mut self) {
        self.cookies.retain(|cookie| cookie.expires.is_some());
    }
}

/// A cookie without a name is its value alone.
fn pair(cookie: &StoredCookie) -> Vec<u8> {
    match cookie.name.is_empty() {
        true => cookie.value.clone(),
        false => [&cookie.name, &b"="[..], &cookie.value].concat(),
    }
}

impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.cookies).finish()
    }
}
