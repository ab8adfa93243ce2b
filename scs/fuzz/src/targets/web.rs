//! A web server in a function call, whose store has at most one record.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequestParts as _, Request},
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse as _, Response},
};
use scs::{Outcome, Session, SessionManager, Transport, TypedSession};
use tower::{Layer as _, Service as _, service_fn};

use super::{now, one_record::OneRecord};

#[derive(Session)]
pub(super) struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
}

/// What the handler does with the session.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    Reads,
    Writes,
    /// Signs in and remembers.
    Remembers,
}

pub(super) struct Web {
    sessions: SessionManager<Visitor, OneRecord>,
    pub(super) store: OneRecord,
}

impl Web {
    pub(super) fn new() -> Self {
        let (sessions, store) = OneRecord::managed();
        Self { sessions, store }
    }

    /// One request with these headers, and what the handler found.
    pub(super) fn request(&self, transport: Transport, headers: HeaderMap, handler: Handler) -> (Outcome, Response) {
        let layer = self.sessions.layer().transport(transport);
        let inner = move |request| async move { Ok::<_, Infallible>(handle(request, handler).await) };
        let mut service = layer.layer(service_fn(inner));
        let mut request = Request::new(Body::empty());
        *request.headers_mut() = headers;
        let Ok(response) = now(service.call(request));
        (*response.extensions().get().expect("the handler ran"), response)
    }
}

async fn handle(request: Request, handler: Handler) -> Response {
    let (mut parts, _) = request.into_parts();
    let session = TypedSession::<Visitor>::from_request_parts(&mut parts, &()).await.unwrap();
    match handler {
        Handler::Reads => {}
        Handler::Writes => session.set_visits(session.visits().wrapping_add(1)),
        Handler::Remembers => {
            session.set_account(7);
            session.remember(true);
        }
    }
    let mut response = ().into_response();
    response.extensions_mut().insert(session.outcome());
    response
}

/// A header for each line, if a header may have such bytes.
pub(super) fn header_lines(name: &HeaderName, bytes: &[u8]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        headers.append(name, HeaderValue::from_bytes(line).ok()?);
    }
    Some(headers)
}
