//! Handles: a state together with the engine that saves it and the request that it serves.

#[cfg(feature = "axum")]
use std::sync::atomic::Ordering::SeqCst;
use std::{
    any::Any,
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

use tokio::sync::{Mutex as FairMutex, MutexGuard as FairMutexGuard};

use super::{Committed, Presented};
#[cfg(feature = "csrf")]
use crate::token::{Secret, SecretHash};
use crate::{
    error::SessionError,
    manager::{Boxed, Engine},
    state::{Declared, Field, Outcome, Phase, State},
};

/// One session: what generated accessors hold. Clones share it.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

/// What the clones of a handle share: one allocation per request.
struct Shared<C: ?Sized = dyn Any + Send + Sync> {
    engine: Arc<Engine>,
    /// Opened when a handler first asks for it.
    state: OnceLock<State>,
    /// Opening and commits that wait come one after the other.
    turns: FairMutex<()>,
    /// Whether the response head left, or the client went away, while no session was open.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the middleware serves requests"))]
    is_closed: AtomicBool,
    /// What the middleware keeps for the request besides its session.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the middleware serves requests"))]
    context: C,
}

impl Handle {
    /// A session that is open.
    pub(crate) fn new(engine: Arc<Engine>, state: State) -> Self {
        Self::with_context(engine, OnceLock::from(state), ())
    }

    /// Opens a session outside of any request.
    pub(crate) async fn open_detached(engine: Arc<Engine>, presented: Presented) -> Result<Self, SessionError> {
        let state = OnceLock::new();
        engine.open(presented, Phase::Detached, &state).await?;
        Ok(Self::with_context(engine, state, ()))
    }

    /// A handle for a request; its session opens when it is first asked for.
    #[cfg(feature = "axum")]
    pub(crate) fn unopened(engine: Arc<Engine>, context: impl Any + Send + Sync) -> Self {
        Self::with_context(engine, OnceLock::new(), context)
    }

    fn with_context<C: Any + Send + Sync>(engine: Arc<Engine>, state: OnceLock<State>, context: C) -> Self {
        const { assert!(size_of::<Shared<C>>() <= LARGEST, "a handle must fit into a block of 1,032 bytes") };
        Self(Arc::new(Shared { engine, state, turns: FairMutex::new(()), is_closed: AtomicBool::new(false), context }))
    }

    /// What the middleware keeps for the request besides its session; `None` outside of one.
    #[cfg(feature = "axum")]
    pub(crate) fn context<C: Any>(&self) -> Option<&C> {
        self.0.context.downcast_ref()
    }

    /// The session; a new one if it was not opened.
    pub(crate) fn state(&self) -> &State {
        self.0.state.get_or_init(|| self.engine().new_session(Outcome::NoToken, Phase::Detached))
    }

    /// The session, if it was asked for.
    #[cfg(feature = "axum")]
    pub(crate) fn opened(&self) -> Option<&State> {
        self.0.state.get()
    }

    /// Opens the session of what the client presented, unless it is open already.
    #[cfg(feature = "axum")]
    pub(crate) async fn open(&self, presented: impl FnOnce() -> Presented) -> Result<(), SessionError> {
        if self.opened().is_some() {
            return Ok(());
        }
        // What the client presented is looked at once, also if tasks of the request ask at the same time.
        let _turn = match self.engine().opens_at_once() && Arc::strong_count(&self.0) <= ALONE {
            true => None,
            false => Some(self.turn().await),
        };
        if self.opened().is_some() {
            return Ok(());
        }
        let is_closed = || self.0.is_closed.load(SeqCst);
        let phase = if is_closed() { Phase::AfterHead } else { Phase::BeforeHead };
        self.engine().open(presented(), phase, &self.0.state).await?;
        // The request ended while the store was asked.
        if is_closed() {
            self.state().close(Phase::AfterHead);
        }
        Ok(())
    }

    /// Closes a request that has opened no session: one that opens later can tell the client nothing.
    #[cfg(feature = "axum")]
    pub(crate) fn close(&self) -> Option<&State> {
        // Nobody can open it any more if the middleware has the last handle.
        if self.opened().is_none() && Arc::strong_count(&self.0) > 1 {
            self.0.is_closed.store(true, SeqCst);
        }
        self.opened()
    }

    /// Drops the changes of a request whose client went away, and with them what their closures hold.
    #[cfg(feature = "axum")]
    pub(crate) fn cut_off(&self) {
        if let Some(state) = self.close() {
            state.close(Phase::CutOff);
            state.discard();
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Saves the changes without waiting; `None` if something has to be waited for, and nothing was written. `last`: the
    /// response head leaves right afterwards.
    pub(crate) fn commit_now(&self, last: bool) -> Option<Result<Committed, SessionError>> {
        self.engine().commit_now(self.state(), last)
    }

    /// What the client is still to be told when the last commit failed.
    #[cfg(feature = "axum")]
    pub(crate) fn told_last(&self) -> Committed {
        self.opened().map_or_else(Committed::default, |state| state.told(true).into())
    }

    /// Saves the changes, and waits where it has to.
    pub(crate) fn commit_later(&self, last: bool) -> Boxed<'static, Committed> {
        let handle = self.clone();
        Box::pin(async move { handle.engine().commit(&handle, last).await })
    }

    /// Waits for the turn to commit.
    pub(crate) async fn commit_turn(&self) -> CommitTurn<'_> {
        let turn = self.turn().await;
        self.state().begin_waiting();
        CommitTurn { state: self.state(), _turn: turn }
    }

    /// Boxed where it waits, to keep the caller's future small.
    async fn turn(&self) -> FairMutexGuard<'_, ()> {
        match self.0.turns.try_lock() {
            Ok(turn) => turn,
            Err(_) => Box::pin(self.0.turns.lock()).await,
        }
    }

    /// Hashes a secret that the session will have next.
    #[cfg(feature = "csrf")]
    pub(super) fn hash_next(&self, secret: Secret) -> SecretHash {
        self.engine().hash(self.state().id(), secret)
    }

    /// Ends the session; what is set afterwards belongs to another one, whatever became of this one.
    pub(crate) fn destroy(&self) {
        self.state().destroy();
        self.state().set_usable();
    }

    /// Takes a one-time value: of any number of concurrent requests at most one gets it.
    ///
    /// # Errors
    ///
    /// The store failed.
    #[doc(hidden)]
    pub async fn claim<T: 'static, D: Declared<T>>(&self, field: Field<T, D>) -> Result<Option<T>, SessionError> {
        let value = self.engine().claim(self, field.slot()).await?;
        Ok(value.and_then(|value| field.decode(self.state(), &value)))
    }
}

/// The handles of a request of which one task can ask for the session: the middleware's and the request's own.
#[cfg(feature = "axum")]
const ALONE: usize = 2;

/// glibc hands out blocks of up to this size without a search, in bytes; an `Arc` adds two counters.
const LARGEST: usize = 1_032 - 2 * size_of::<usize>();

/// The turn of a commit that may have to wait.
pub(crate) struct CommitTurn<'a> {
    state: &'a State,
    _turn: FairMutexGuard<'a, ()>,
}

impl Drop for CommitTurn<'_> {
    fn drop(&mut self) {
        self.state.end_waiting();
    }
}

impl Deref for Handle {
    type Target = State;

    fn deref(&self) -> &State {
        self.state()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state().fmt(f)
    }
}

impl<C: ?Sized> Drop for Shared<C> {
    /// Changes that will never be saved, a logout among them, are a mistake in the application, unless a request
    /// ended before its response.
    fn drop(&mut self) {
        let Some(state) = self.state.get_mut() else { return };
        if !state.is_left_behind() {
            return;
        }
        let fields = state.changed_fields();
        tracing::error!(
            target: "scs::session",
            id = %state.id(),
            ?fields,
            "session changes were never committed; call `session.commit().await` after changes made outside of a request or after the response head"
        );
    }
}
