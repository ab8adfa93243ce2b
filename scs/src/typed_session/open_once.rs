//! Opening a session once per request, however many handlers ask for it.

use std::sync::{Arc, OnceLock};

use tokio::sync::Mutex as FairMutex;

use super::{Phase, Presented, Session, TypedSession, turn::turn};
use crate::{error::SessionError, manager::Engine};

/// The session of one request, opened when it is first asked for.
pub(crate) struct OpenOnce<S: Session> {
    session: OnceLock<TypedSession<S>>,
    /// Whoever asks while it is being opened waits.
    opening: FairMutex<()>,
}

impl<S: Session> OpenOnce<S> {
    /// Opens the session of what the client presented, or shares the one that is open already.
    pub(crate) async fn open(
        &self,
        engine: &Arc<dyn Engine>,
        presented: impl FnOnce() -> Presented,
    ) -> Result<TypedSession<S>, SessionError> {
        let _turn = turn(&self.opening).await;
        if let Some(session) = self.session.get() {
            return Ok(session.clone());
        }
        let handle = Arc::clone(engine).open(presented()).await?;
        handle.enter(Phase::BeforeHead);
        Ok(self.session.get_or_init(|| TypedSession::new(handle)).clone())
    }

    /// The session, if it was asked for.
    pub(crate) fn get(&self) -> Option<&TypedSession<S>> {
        self.session.get()
    }
}

impl<S: Session> Default for OpenOnce<S> {
    fn default() -> Self {
        Self { session: OnceLock::new(), opening: FairMutex::new(()) }
    }
}
