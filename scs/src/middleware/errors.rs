//! What clients are told when a session cannot be loaded or saved: nothing but a status.

use std::sync::Arc;

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

#[cfg(feature = "csrf")]
use crate::typed_session::InvalidCsrfToken;
use crate::{
    error::{AlreadySet, SessionError, StoreErrorKind},
    manager::{Engine, Throttle},
    time::SystemClock,
};

/// How long clients should wait before they try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Turns an error into a response.
#[derive(Clone)]
pub(crate) struct ErrorHandler(Arc<dyn Fn(&SessionError) -> Response + Send + Sync>);

impl ErrorHandler {
    /// Logs each kind of error ten times a second at most, as the events of this engine, and answers without details.
    pub(super) fn of(engine: &Arc<Engine>) -> Self {
        let engine = Arc::clone(engine);
        Self::new(move |error| respond(error, |kind| engine.may_log(kind)))
    }

    pub(super) fn new(handler: impl Fn(&SessionError) -> Response + Send + Sync + 'static) -> Self {
        Self(Arc::new(handler))
    }

    pub(crate) fn respond(&self, error: &SessionError) -> Response {
        (self.0)(error)
    }
}

/// Whether a line of this kind may be logged, where no engine is known.
pub(crate) fn may_log(kind: &'static str) -> bool {
    static LINES: Throttle = Throttle::new();
    LINES.admits(kind, &SystemClock)
}

/// The default answer, for handlers that commit, claim or merge themselves and pass errors on with `?`.
impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        respond(&self, may_log)
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

/// Answers without details. Whatever a client can cause, by what it sends or while the store is down, fills no log.
fn respond(error: &SessionError, may_log: impl FnOnce(&'static str) -> bool) -> Response {
    let (status, kind) = meaning(error);
    if may_log(kind) {
        log(error, status);
    }
    default_response(error, status)
}

fn log(error: &SessionError, status: StatusCode) {
    let cause = error as &(dyn std::error::Error + 'static);
    match error {
        // What a codec says may quote the value.
        SessionError::Encode { .. } | SessionError::Migration { .. } => {
            tracing::error!(target: "scs::session", "{error}");
        }
        // The server does what it is there for.
        SessionError::Contended { .. } => tracing::warn!(target: "scs::session", error = cause),
        _ if status.is_client_error() => tracing::warn!(target: "scs::session", error = cause),
        _ => tracing::error!(target: "scs::session", error = cause),
    }
}

fn default_response(error: &SessionError, status: StatusCode) -> Response {
    let mut response = plain(status);
    if error.is_transient() {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// The answer to an error, and its name in the count of what the log left out.
const fn meaning(error: &SessionError) -> (StatusCode, &'static str) {
    match error {
        SessionError::Store(error) if matches!(error.kind(), StoreErrorKind::TooLarge) => TOO_LARGE,
        SessionError::TooLarge { .. } | SessionError::TooManyFields { .. } => TOO_LARGE,
        #[cfg(feature = "sealed")]
        SessionError::SealedTooLarge { .. } => TOO_LARGE,
        SessionError::Store(error) if matches!(error.kind(), StoreErrorKind::Configuration) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "configuration")
        }
        SessionError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
        SessionError::Contended { .. } => (StatusCode::SERVICE_UNAVAILABLE, "contended"),
        SessionError::Uncertain => (StatusCode::SERVICE_UNAVAILABLE, "uncertain"),
        SessionError::Random(_) => (StatusCode::SERVICE_UNAVAILABLE, "random"),
        SessionError::SignInLost => (StatusCode::CONFLICT, "sign_in_lost"),
        SessionError::Gone => (StatusCode::CONFLICT, "gone"),
        SessionError::LimitReached { .. } => (StatusCode::CONFLICT, "limit_reached"),
        SessionError::AlreadySet(_) => (StatusCode::CONFLICT, "already_set"),
        SessionError::NotAnAccount { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "not_an_account"),
        SessionError::Encode { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "encode"),
        SessionError::Invalid { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "invalid"),
        SessionError::Migration { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "migration"),
        SessionError::HeadSent => (StatusCode::INTERNAL_SERVER_ERROR, "head_sent"),
    }
}

/// Somebody sent more than a session may keep.
const TOO_LARGE: (StatusCode, &str) = (StatusCode::PAYLOAD_TOO_LARGE, "too_large");

/// A response that says its status and nothing else, and that no cache keeps.
pub(crate) fn plain(status: StatusCode) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, status.canonical_reason().unwrap_or_default()).into_response()
}
