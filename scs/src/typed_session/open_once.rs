//! Opening a session once per request, however many handlers ask for it.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{Phase, Presented, Session, TypedSession};
use crate::{error::SessionError, manager::Engine};

/// The session of one request, opened when it is first asked for.
pub(crate) struct OpenOnce<S: Session>(OnceCell<TypedSession<S>>);

impl<S: Session> OpenOnce<S> {
    /// Opens the session of what the client presented, or shares the one that is open already.
    pub(crate) async fn open(
        &self,
        engine: &Arc<dyn Engine>,
        presented: impl FnOnce() -> Presented,
    ) -> Result<TypedSession<S>, SessionError> {
        let open = || async {
            let handle = Arc::clone(engine).open(presented()).await?;
            handle.enter(Phase::BeforeHead);
            Ok(TypedSession::new(handle))
        };
        self.0.get_or_try_init(open).await.cloned()
    }

    /// The session, if it was asked for.
    pub(crate) fn get(&self) -> Option<&TypedSession<S>> {
        self.0.get()
    }
}

impl<S: Session> Default for OpenOnce<S> {
    fn default() -> Self {
        Self(OnceCell::new())
    }
}
