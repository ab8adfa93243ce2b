use std::{
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use tower_service::Service;

#[cfg(any(debug_assertions, feature = "insecure-dev"))]
use super::development;
use super::{ResponseFuture, Slots, errors::plain, layer::Settings};
use crate::typed_session::Session;

/// A service with sessions, made by [`SessionLayer`](super::SessionLayer).
pub struct SessionService<S, I> {
    inner: I,
    settings: Arc<Settings>,
    schema: PhantomData<fn() -> S>,
}

impl<S, I> SessionService<S, I> {
    pub(super) const fn new(inner: I, settings: Arc<Settings>) -> Self {
        Self { inner, settings, schema: PhantomData }
    }
}

impl<S, I, B> Service<Request<B>> for SessionService<S, I>
where
    S: Session,
    I: Service<Request<B>, Response: IntoResponse>,
{
    type Response = Response;
    type Error = I::Error;
    type Future = ResponseFuture<I::Future, I::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        #[cfg(any(debug_assertions, feature = "insecure-dev"))]
        if let Some(refusal) = development::refuse(&self.settings, &request) {
            return ResponseFuture::refused(refusal);
        }
        match Slots::register::<S, _>(&mut request, &self.settings) {
            Ok(handle) => ResponseFuture::running(self.inner.call(request), handle),
            Err(clash) => {
                if self.settings.engine.may_log("two_layers") {
                    tracing::error!(target: "scs::session", "{clash}");
                }
                ResponseFuture::refused(plain(StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }
}

impl<S, I: Clone> Clone for SessionService<S, I> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), settings: Arc::clone(&self.settings), schema: PhantomData }
    }
}

impl<S, I> std::fmt::Debug for SessionService<S, I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionService").finish_non_exhaustive()
    }
}
