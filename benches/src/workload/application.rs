//! An application as a server sees it.

use std::{convert::Infallible, io};

use axum::{ServiceExt as _, body::Body, extract::Request, response::Response};
use tokio::net::TcpListener;
use tower::{Service, ServiceExt as _};

/// Answers requests, in this process or over a socket.
pub trait Application: Send + Sync + 'static {
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
    fn serve(self, listener: TcpListener) -> impl Future<Output = io::Result<()>> + Send;
}

/// A service that is cloned for each request, as `axum::serve` does: a `Router`, or one with a layer around it.
pub struct Tower<T>(pub T);

impl<T> Application for Tower<T>
where
    T: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    T::Future: Send,
{
    async fn answer(&self, request: Request) -> Response {
        let Ok(response) = self.0.clone().oneshot(request).await;
        response
    }

    async fn serve(self, listener: TcpListener) -> io::Result<()> {
        axum::serve(listener, self.0.into_make_service()).await
    }
}
