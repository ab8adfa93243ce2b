//! Arrivals: what a request tells of the way it came.

use http::{HeaderMap, HeaderName, Request, header, uri::Authority};

use crate::transport::Reach;

/// What proxies add.
const FORWARDED: [HeaderName; 4] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
];

/// The way of a request, as far as it tells. Clients can lie, so nothing that needs to be true depends on it.
pub(super) struct Arrival {
    /// Neither through a proxy nor over https.
    pub(super) is_plain: bool,
    /// How far away the host is that it was sent to; the farthest if it names several, nothing if it names none, or
    /// what is no host.
    pub(super) reach: Option<Reach>,
}

impl Arrival {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let is_forwarded = FORWARDED.iter().any(|name| request.headers().contains_key(name));
        let is_https = request.uri().scheme_str() == Some("https");
        Self { is_plain: !is_forwarded && !is_https, reach: reach(request) }
    }
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
