//! The guard of the cookie for development, which travels over connections that anybody can listen to.

use axum_core::response::Response;
use http::{Request, StatusCode};

use super::{arrival::Arrival, errors::plain, layer::Settings};
use crate::transport::Reach;

/// The answer to a request that a cookie for development must not serve; `None` for every other transport.
pub(super) fn refuse<B>(settings: &Settings, request: &Request<B>) -> Option<Response> {
    if !settings.transport.is_for_development() || is_near(&Arrival::of(request)) {
        return None;
    }
    if settings.engine.may_log("insecure_dev") {
        tracing::error!(
            target: "scs::session",
            "`CookieTransport::insecure_dev()` serves only plain http to localhost and private addresses, and no proxy; use the default transport"
        );
    }
    Some(plain(StatusCode::SERVICE_UNAVAILABLE))
}

fn is_near(arrival: &Arrival) -> bool {
    arrival.is_plain && arrival.reach.is_some_and(|reach| reach <= Reach::Network)
}
