//! The axum extractors: `TypedSession<S>` and `Option<TypedSession<S>>`.

mod rejection;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

pub use self::rejection::SessionRejection;
use crate::{
    middleware::{Slot, Slots},
    typed_session::{Handle, Session, TypedSession},
};

/// Opens the session of the request, or a new one. This is the one place that waits for the store
/// before the handler runs.
impl<S: Session, T: Sync> FromRequestParts<T> for TypedSession<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, SessionRejection> {
        let (handle, slot) = slot_of::<S>(parts)?;
        let opened = slot.open(handle, &parts.headers).await;
        opened.map_err(|error| SessionRejection::failed(error, slot.on_error()))
    }
}

/// Opens the session of the request if it has one that is stored.
impl<S: Session, T: Sync> OptionalFromRequestParts<T> for TypedSession<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Option<Self>, SessionRejection> {
        let (handle, slot) = slot_of::<S>(parts)?;
        let opened = slot.open_stored(handle, &parts.headers).await;
        opened.map_err(|error| SessionRejection::failed(error, slot.on_error()))
    }
}

fn slot_of<S: Session>(parts: &Parts) -> Result<(&Handle, &Slot), SessionRejection> {
    Slots::find::<S>(&parts.extensions).ok_or_else(SessionRejection::missing_layer::<S>)
}
