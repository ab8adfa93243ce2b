//! The axum extractors: `TypedSession<S>` and `Option<TypedSession<S>>`.

mod rejection;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

pub use self::rejection::SessionRejection;
use crate::{
    middleware::Slots,
    typed_session::{Session, TypedSession},
};

/// Opens the session of the request, or a new one. This is the one place that waits for the store
/// before the handler runs.
impl<S: Session, T: Sync> FromRequestParts<T> for TypedSession<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, SessionRejection> {
        let slot = Slots::find::<S>(&parts.extensions).ok_or_else(SessionRejection::missing_layer::<S>)?;
        let opened = slot.open(&parts.headers).await;
        opened.map_err(|error| SessionRejection::failed(error, slot.on_error()))
    }
}

/// Opens the session of the request if it has one that is stored.
impl<S: Session, T: Sync> OptionalFromRequestParts<T> for TypedSession<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &T) -> Result<Option<Self>, SessionRejection> {
        let session = <Self as FromRequestParts<T>>::from_request_parts(parts, state).await?;
        Ok(Some(session).filter(|session| !session.is_new()))
    }
}
