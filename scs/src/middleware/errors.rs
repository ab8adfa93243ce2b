//! What clients are told when a session cannot be loaded or saved: nothing but a status.

use std::sync::Arc;

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::error::{AlreadySet, SessionError};
#[cfg(feature = "csrf")]
use crate::typed_session::InvalidCsrfToken;

/// How long clients should wait before they try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Turns an error into a response.
#[derive(Clone)]
pub(crate) struct ErrorHandler(Arc<dyn Fn(&SessionError) -> Response + Send + Sync>);

impl ErrorHandler {
    pub(super) fn new(handler: impl Fn(&SessionError) -> Response + Send + Sync + 'static) -> Self {
        Self(Arc::new(handler))
    }

    pub(crate) fn respond(&self, error: &SessionError) -> Response {
        (self.0)(error)
    }
}

impl Default for ErrorHandler {
    fn default() -> Self {
        Self::new(|error| {
            log(error);
            default_response(error)
        })
    }
}

/// The default answer, for handlers that commit, claim or merge themselves and pass errors on with `?`.
impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        ErrorHandler::default().respond(&self)
    }
}

/// 409: the field has its value already.
impl IntoResponse for AlreadySet {
    fn into_response(self) -> Response {
        plain(StatusCode::CONFLICT)
    }
}

/// 403: another site may have made the browser send it.
#[cfg(feature = "csrf")]
impl IntoResponse for InvalidCsrfToken {
    fn into_response(self) -> Response {
        plain(StatusCode::FORBIDDEN)
    }
}

fn log(error: &SessionError) {
    // What a codec says may quote the value.
    if matches!(error, SessionError::Encode { .. }) {
        tracing::error!(target: "scs::session", "{error}");
    } else {
        tracing::error!(target: "scs::session", error = error as &(dyn std::error::Error + 'static));
    }
}

fn default_response(error: &SessionError) -> Response {
    let mut response = plain(status(error));
    if error.is_transient() {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

const fn status(error: &SessionError) -> StatusCode {
    match error {
        SessionError::Store(_) | SessionError::Contended { .. } | SessionError::Uncertain | SessionError::Random(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        SessionError::SignInLost | SessionError::Gone | SessionError::LimitReached { .. } => StatusCode::CONFLICT,
        SessionError::Encode { .. }
        | SessionError::Invalid { .. }
        | SessionError::Migration { .. }
        | SessionError::TooLarge { .. }
        | SessionError::TooManyFields { .. }
        | SessionError::HeadSent => StatusCode::INTERNAL_SERVER_ERROR,
        #[cfg(feature = "sealed")]
        SessionError::SealedTooLarge { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A response that says its status and nothing else, and that no cache keeps.
pub(crate) fn plain(status: StatusCode) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, status.canonical_reason().unwrap_or_default()).into_response()
}
