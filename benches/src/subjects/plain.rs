//! axum without sessions: what everything else is divided by.

use std::task::{Context, Poll};

use axum::{Router, routing::get};
use tower::{Layer, Service};

use super::Routes;
use crate::workload::{Application, Case, Tower};

async fn ok() -> &'static str {
    "ok"
}

fn router() -> Router {
    Routes { case: get(ok), prepare: get(ok), number: get(ok), intact: get(ok) }.router()
}

pub async fn without(_: Case) -> impl Application {
    Tower(router())
}

/// What `Router::layer` itself costs: it boxes the future of whatever the layer makes.
pub async fn with_idle_layer(_: Case) -> impl Application {
    Tower(router().layer(Idle))
}

#[derive(Clone)]
struct Idle;

#[derive(Clone)]
struct IdleService<I>(I);

impl<I> Layer<I> for Idle {
    type Service = IdleService<I>;

    fn layer(&self, inner: I) -> IdleService<I> {
        IdleService(inner)
    }
}

impl<R, I: Service<R>> Service<R> for IdleService<I> {
    type Response = I::Response;
    type Error = I::Error;
    type Future = I::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> I::Future {
        self.0.call(request)
    }
}
