//! The service around the router, and the future that commits when the handler has ended.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use pin_project_lite::pin_project;
use tower::Service;

use super::{
    session::{Saved, Slot},
    store::Store,
    value::Value,
};

#[derive(Clone)]
pub(super) struct Floor<I, V> {
    inner: I,
    store: Arc<Store<V>>,
}

impl<I, V: Value> Floor<I, V> {
    pub(super) fn new(inner: I) -> Self {
        Self { inner, store: Arc::new(Store::new()) }
    }
}

impl<I, V> Service<Request> for Floor<I, V>
where
    I: Service<Request, Response = Response, Error = Infallible>,
    V: Value,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Committing<I::Future, V>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let slot = Arc::new(Slot::new(Arc::clone(&self.store)));
        request.extensions_mut().insert(Arc::clone(&slot));
        Committing { handler: self.inner.call(request), slot }
    }
}

pin_project! {
    pub(super) struct Committing<F, V> {
        #[pin]
        handler: F,
        slot: Arc<Slot<V>>,
    }
}

impl<F, V> Future for Committing<F, V>
where
    F: Future<Output = Result<Response, Infallible>>,
    V: Value,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(mut response) = ready!(this.handler.poll(context));
        if let Some(saved) = this.slot.close(!response.status().is_server_error()) {
            write_head(response.headers_mut(), saved);
        }
        Poll::Ready(Ok(response))
    }
}

fn write_head(headers: &mut HeaderMap, saved: Saved) {
    headers.append(header::VARY, HeaderValue::from_static("cookie"));
    match saved {
        Saved::New(cookie) => {
            headers.append(header::SET_COOKIE, cookie);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        Saved::Known => {
            headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private"));
        }
    }
}
