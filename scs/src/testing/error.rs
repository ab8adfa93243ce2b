use axum_core::BoxError;

use crate::error::SessionError;

/// Why a request of a test got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// What was to be sent is no request: mostly its path is none.
    #[error("the test's request is none; give a path that begins with `/`")]
    Request(#[from] http::Error),
    /// What was to be posted cannot be encoded.
    #[error(
        "the test's body cannot be encoded; give a form a struct, a map or pairs, of texts, numbers and lists of them"
    )]
    Body(#[source] BoxError),
    /// The session that the test begins with could not be stored, or the one it asks for could not be read.
    #[error("the test's session failed")]
    Session(#[from] SessionError),
    /// The service under test answered with an error of its own.
    #[error("the service failed")]
    Service(#[source] BoxError),
}
