//! Arrivals: what a request tells of the way it came.

use http::{HeaderMap, HeaderName, Request, Version, header, uri::Authority};

use crate::transport::Reach;

/// What proxies add, by how the names begin.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded", "x-original-", "x-envoy-", "x-amzn-"];

/// What they add, by the whole name.
const BY_PROXIES: [&str; 9] = [
    "via",
    "cdn-loop",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "fly-client-ip",
];

/// The way of a request, as far as it tells. Clients can lie, so nothing that needs to be true depends on it.
pub(super) struct Arrival {
    /// Neither over https nor with any sign of a proxy. A proxy that leaves none cannot be told from a browser.
    pub(super) is_plain: bool,
    /// How far away the host is that it was sent to; the farthest if it names several, nothing if it names none, or
    /// what is no host.
    pub(super) reach: Option<Reach>,
}

impl Arrival {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        // No browser speaks HTTP/1.0, and nginx does with what it passes on.
        let is_forwarded = request.version() < Version::HTTP_11 || request.headers().keys().any(is_of_a_proxy);
        let is_https = request.uri().scheme_str() == Some("https");
        Self { is_plain: !is_forwarded && !is_https, reach: reach(request) }
    }
}

fn is_of_a_proxy(name: &HeaderName) -> bool {
    let name = name.as_str();
    BY_PROXIES.contains(&name) || FORWARDED.iter().any(|beginning| name.starts_with(beginning))
}

fn reach<B>(request: &Request<B>) -> Option<Reach> {
    let of_uri = request.uri().authority().map(|authority| Some(Reach::of(authority.host())));
    let reaches = of_uri.into_iter().chain(of_headers(request.headers()));
    // One that is no host makes them all worthless.
    reaches.collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn of_headers(headers: &HeaderMap) -> impl Iterator<Item = Option<Reach>> {
    let authorities = headers.get_all(header::HOST).into_iter().map(|host| Authority::try_from(host.as_bytes()).ok());
    authorities.map(|authority| authority.map(|authority| Reach::of(authority.host())))
}
