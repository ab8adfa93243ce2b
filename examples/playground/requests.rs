//! What every route takes besides its own parameters.

use std::time::Duration;

use axum::{
    extract::{FromRequestParts, Query, Request, rejection::QueryRejection},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

/// `?sleep_ms=`: an extractor that waits. After the session in a handler's arguments, it waits between
/// reading the session and changing it.
pub(crate) struct Pause;

#[derive(Deserialize)]
struct PauseQuery {
    #[serde(default)]
    sleep_ms: u64,
}

impl<S: Send + Sync> FromRequestParts<S> for Pause {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, QueryRejection> {
        let Query(pause) = Query::<PauseQuery>::try_from_uri(&parts.uri)?;
        if pause.sleep_ms > 0 {
            tokio::time::sleep(Duration::from_millis(pause.sleep_ms)).await;
        }
        Ok(Self)
    }
}

#[derive(Deserialize)]
pub(crate) struct StatusQuery {
    status: Option<u16>,
}

/// `?status=`: answers with that status, as if the handler had.
pub(crate) async fn override_status(Query(query): Query<StatusQuery>, request: Request, next: Next) -> Response {
    let status = query.status.map(StatusCode::from_u16).transpose();
    let Ok(status) = status else { return StatusCode::BAD_REQUEST.into_response() };
    let mut response = next.run(request).await;
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    response
}

/// Slow enough to watch the events arrive.
pub(crate) async fn between_events() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}
