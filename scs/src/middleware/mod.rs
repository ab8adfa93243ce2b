//! The tower middleware: opens a session when a handler asks for it, commits before the head leaves.

#[cfg(any(debug_assertions, feature = "insecure-dev"))]
mod arrival;
mod caching;
#[cfg(any(debug_assertions, feature = "insecure-dev"))]
mod development;
#[cfg(debug_assertions)]
mod dropped_cookie;
mod errors;
mod future;
mod head;
mod layer;
mod service;
mod slot;

pub(crate) use self::{
    errors::{ErrorHandler, may_log, plain},
    slot::{Slot, Slots},
};
pub use self::{
    future::ResponseFuture,
    layer::{CommitOn, OnOutage, SessionLayer},
    service::SessionService,
};
use crate::{manager::SessionManager, typed_session::Session};

impl<S: Session, B> SessionManager<S, B> {
    /// The middleware that gives handlers their session, with the default cookie.
    ///
    /// It goes on a router with `Router::layer`, or around a whole one as any tower layer does, which
    /// saves axum a box per request. A request whose handler extracts no session costs no store call
    /// and gets no header.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use scs::{MemoryStore, Session, SessionManager, TypedSession};
    ///
    /// #[derive(Session)]
    /// struct Visitor {
    ///     visits: u32,
    /// }
    ///
    /// async fn home(session: TypedSession<Visitor>) -> String {
    ///     session.update_visits(|visits| *visits += 1);
    ///     session.visits().to_string()
    /// }
    ///
    /// let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    /// let app: Router = Router::new().route("/", get(home)).layer(sessions.layer());
    /// ```
    pub fn layer(&self) -> SessionLayer<S> {
        SessionLayer::new(self.engine())
    }
}
