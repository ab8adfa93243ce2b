//! Settings of a cookie.

use super::{CookieTransport, SameSite, pairs::Pairs, rules};
use crate::error::ConfigError;

/// Settings for a [`CookieTransport`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct CookieBuilder {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) domain: Option<String>,
    pub(super) same_site: SameSite,
    pub(super) secure: bool,
    pub(super) partitioned: bool,
    /// Domains and paths that the cookie had before.
    pub(super) former: Vec<(Option<String>, String)>,
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
            former: Vec::new(),
        }
    }
}

impl CookieBuilder {
    /// The cookie's name; `__Host-id` by default.
    ///
    /// Its prefix is a promise that browsers keep: `__Host-` is for one host alone, `__Secure-` may be shared, and
    /// `__Host-Http-` and `__Http-` are like them and out of reach of scripts that set cookies. A browser that does not
    /// know `__Host-Http-` yet takes it for `__Host-`.
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

    /// Removes the cookie that browsers keep from when it had another domain or path, with each new one. For a browser these are two
    /// cookies, and it sends both.
    ///
    /// ```
    /// # fn main() -> Result<(), scs::ConfigError> {
    /// // It was for one host, and is shared with the subdomains now.
    /// let cookie = scs::CookieTransport::builder().name("id").domain("example.com").formerly(None, "/").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn formerly<'a>(mut self, domain: impl Into<Option<&'a str>>, path: impl Into<String>) -> Self {
        self.former.push((domain.into().map(str::to_owned), path.into()));
        self
    }

    /// The transport with these settings.
    ///
    /// # Errors
    ///
    /// A name, path or domain that no cookie may have or had, or settings with which a browser would drop
    /// the cookie.
    pub fn build(self) -> Result<CookieTransport, ConfigError> {
        rules::check(&self)?;
        for (domain, path) in &self.former {
            let former = Self { domain: domain.clone(), path: path.clone(), former: Vec::new(), ..self.clone() };
            rules::check(&former)?;
            let domain = domain.as_ref().map(|domain| domain.to_ascii_lowercase());
            if domain == self.domain.as_ref().map(|domain| domain.to_ascii_lowercase()) && *path == self.path {
                return Err(ConfigError::new(
                    "`formerly` names the domain and the path that the cookie has now, so each new one would be removed",
                ));
            }
        }
        Ok(self.build_unchecked())
    }

    pub(super) fn build_unchecked(self) -> CookieTransport {
        let attributes = self.attributes(self.domain.as_deref(), &self.path);
        let former = self.former.iter().map(|(domain, path)| self.attributes(domain.as_deref(), path)).collect();
        CookieTransport {
            pairs: Pairs::named(&self.name),
            name: self.name,
            attributes,
            former,
            #[cfg(any(debug_assertions, feature = "insecure-dev"))]
            is_for_development: false,
        }
    }

    fn attributes(&self, domain: Option<&str>, path: &str) -> String {
        let mut attributes = format!("; Path={path}");
        if let Some(domain) = domain {
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
        attributes
    }
}
