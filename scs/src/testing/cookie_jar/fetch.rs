use std::borrow::Cow;

use http::{Method, Uri};

use super::cookie::Partition;
use crate::transport::Reach;

/// A request as a browser sees it: where it goes, and what made it go there.
///
/// ```
/// use axum::http::{Method, Uri};
/// use scs::testing::{Context, Fetch};
///
/// let uri = Uri::from_static("https://shop.example.com/cart");
/// let from_a_mail = Fetch::new(Method::GET, uri).context(Context::Link);
/// ```
#[derive(Debug, Clone)]
pub struct Fetch {
    method: Method,
    uri: Uri,
    context: Context,
}

/// What made a browser send a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Context {
    /// Somebody typed the address, or a page of the same site asked.
    #[default]
    SameSite,
    /// A link or a form on another site: the whole window goes there.
    Link,
    /// A page of this other site loads it: an image, a script, a frame, `fetch`.
    Embedded(String),
}

impl Fetch {
    /// A request that nothing on another site made.
    pub const fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, context: Context::SameSite }
    }

    /// The same request, made by something else.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    pub(super) fn host(&self) -> String {
        self.uri.host().unwrap_or_default().to_ascii_lowercase()
    }

    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    /// Where cookies without a usable `Path` belong (RFC 6265bis §5.1.4).
    pub(super) fn default_path(&self) -> &str {
        match self.path().rfind('/') {
            None | Some(0) => "/",
            Some(last) => &self.path()[..last],
        }
    }

    /// Whether the connection is as trustworthy as https: browsers trust their own machine.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self.uri.scheme_str(), Some("https" | "wss")) || Reach::of(&self.host()) == Reach::Machine
    }

    /// Whether the response may set cookies that other sites must not cause.
    pub(super) fn is_first_party(&self) -> bool {
        !matches!(self.context, Context::Embedded(_))
    }

    pub(super) fn is_same_site(&self) -> bool {
        self.context == Context::SameSite
    }

    /// Whether it shows another page by a method that changes nothing (RFC 9110 §9.2.1).
    pub(super) fn is_safe_navigation(&self) -> bool {
        self.is_first_party() && self.method.is_safe()
    }

    pub(super) fn partition(&self) -> Partition<'_> {
        match &self.context {
            Context::SameSite | Context::Link => Partition::Own,
            Context::Embedded(site) => Partition::Embedded(Cow::Borrowed(site)),
        }
    }
}
