use std::{error::Error, fmt};

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;

use crate::{
    error::SessionError,
    middleware::{ErrorHandler, may_log, plain},
    state::Outcome,
    typed_session::Session,
};

/// Why a handler did not get its session. As a response it tells the client no more than a status.
pub struct SessionRejection(Reason);

enum Reason {
    MissingLayer { schema: &'static str },
    Failed { error: SessionError, on_error: ErrorHandler },
}

impl SessionRejection {
    pub(super) fn missing_layer<S: Session>() -> Self {
        Self(Reason::MissingLayer { schema: S::SCHEMA.name })
    }

    pub(super) fn failed(error: SessionError, on_error: &ErrorHandler) -> Self {
        Self(Reason::Failed { error, on_error: on_error.clone() })
    }
}

impl SessionRejection {
    /// [`Outcome::Outage`] if the store failed: for handlers that extract
    /// `Result<TypedSession<S>, SessionRejection>` and go on without a session.
    pub const fn outcome(&self) -> Option<Outcome> {
        match &self.0 {
            Reason::Failed { error: SessionError::Store(_), .. } => Some(Outcome::Outage),
            Reason::Failed { .. } | Reason::MissingLayer { .. } => None,
        }
    }
}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        match &self.0 {
            Reason::MissingLayer { .. } => {
                if may_log("missing_layer") {
                    tracing::error!(target: "scs::session", "{self}");
                }
                plain(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Reason::Failed { error, on_error } => on_error.respond(error),
        }
    }
}

impl fmt::Display for SessionRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::MissingLayer { schema } => write!(
                f,
                "no session layer for `{schema}` around this: add `.layer(sessions.layer())` of a `SessionManager<{schema}, _>` to the router, below \
                 its routes and below each layer that extracts the session, because the last one added is the first to run"
            ),
            Reason::Failed { .. } => f.write_str("the session could not be opened"),
        }
    }
}

impl fmt::Debug for SessionRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::MissingLayer { schema } => f.debug_struct("MissingLayer").field("schema", schema).finish(),
            Reason::Failed { error, .. } => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

impl Error for SessionRejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Reason::MissingLayer { .. } => None,
            Reason::Failed { error, .. } => Some(error),
        }
    }
}
