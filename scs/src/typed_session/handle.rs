//! Handles: a state together with the manager that saves it and the request that it serves.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as FairMutex, MutexGuard as FairMutexGuard};

use super::{Committed, Held, Outcome, TokenChange, turn::turn};
#[cfg(feature = "axum")]
use crate::manager::touch_due;
#[cfg(feature = "csrf")]
use crate::token::{SecretHash, Token};
use crate::{
    error::SessionError,
    manager::{Answer, Engine, new_secret},
    state::{Base, Declared, Field, Privilege, State},
    token::Secret,
};

/// One open session: what generated accessors hold. Clones share it.
#[derive(Clone)]
pub struct Handle(Arc<Open>);

struct Open {
    state: State,
    engine: Arc<dyn Engine>,
    /// Clones of a session commit one after the other.
    committing: FairMutex<()>,
    client: Mutex<Client>,
}

/// What is known of the client at the other end.
struct Client {
    outcome: Outcome,
    /// What the client can present now; an administrator's handle has nothing.
    held: Option<Held>,
    /// What the client must be told and was not told yet.
    undelivered: Option<TokenChange>,
    phase: Phase,
    condition: Condition,
    /// The secret that the session will have next, if something was made of it already.
    drawn: Option<Box<Secret>>,
}

/// How the session's changes reach the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// By the middleware, when the response is ready.
    BeforeHead,
    /// By an explicit commit, and the client can be told nothing any more.
    AfterHead,
    /// By an explicit commit, outside of any request.
    Detached,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Usable,
    /// A write failed midway, and nobody knows whether it was applied.
    Uncertain,
    /// The record is gone; nothing is written any more.
    Ended,
}

impl Handle {
    pub(crate) fn new(state: State, engine: Arc<dyn Engine>, outcome: Outcome, held: Option<Held>) -> Self {
        let client = Client {
            outcome,
            held,
            undelivered: None,
            phase: Phase::Detached,
            condition: Condition::Usable,
            drawn: None,
        };
        Self(Arc::new(Open { state, engine, committing: FairMutex::new(()), client: Mutex::new(client) }))
    }

    pub(crate) fn state(&self) -> &State {
        &self.0.state
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        &*self.0.engine
    }

    /// Saves the changes. `last`: the response head leaves right afterwards.
    pub(crate) fn commit(&self, last: bool) -> Answer<'static, Committed> {
        Arc::clone(&self.0.engine).commit(self.clone(), last)
    }

    #[cfg(feature = "axum")]
    pub(crate) fn enter(&self, phase: Phase) {
        self.client().phase = phase;
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.client().outcome
    }

    /// Whether the client presented anything that it should forget when the session ends.
    pub(crate) fn was_presented(&self) -> bool {
        self.client().outcome != Outcome::NoToken
    }

    pub(crate) fn commit_turn(&self) -> impl Future<Output = FairMutexGuard<'_, ()>> {
        turn(&self.0.committing)
    }

    /// What a function makes of what the client can present.
    pub(crate) fn with_held<R>(&self, read: impl FnOnce(&Held) -> R) -> Option<R> {
        self.client().held.as_ref().map(read)
    }

    /// Whether this session may go on from what is stored now: the client's token must still open it. An
    /// administrator's handle was opened without.
    pub(crate) fn may_follow(&self, theirs: &Base) -> bool {
        let now = self.state().now();
        self.with_held(|held| theirs.header.opens_with(held.secret(), now)).unwrap_or(true)
    }

    /// Refuses to write after a write whose outcome nobody knows, or into a session that is gone.
    pub(crate) fn check_usable(&self) -> Result<(), SessionError> {
        let condition = self.client().condition;
        match condition {
            Condition::Uncertain => Err(SessionError::Uncertain),
            Condition::Ended if self.state().has_changes() => Err(self.lose_changes()),
            Condition::Usable | Condition::Ended => Ok(()),
        }
    }

    /// Drops changes that have nowhere to go.
    fn lose_changes(&self) -> SessionError {
        let privilege = self.state().privilege();
        self.state().discard();
        match privilege {
            Privilege::Authenticated => SessionError::SignInLost,
            Privilege::Kept | Privilege::Renewed => SessionError::Gone,
        }
    }

    /// Refuses a token that the client could never learn.
    pub(crate) fn check_head(&self) -> Result<(), SessionError> {
        let phase = self.client().phase;
        match phase {
            Phase::AfterHead => Err(SessionError::HeadSent),
            Phase::BeforeHead | Phase::Detached => Ok(()),
        }
    }

    /// A secret for a new token.
    pub(crate) fn next_secret(&self) -> Result<Secret, SessionError> {
        let drawn = self.client().drawn.as_deref().cloned();
        drawn.map_or_else(new_secret, Ok)
    }

    /// The hash of the secret that the session will have next.
    #[cfg(feature = "csrf")]
    pub(super) fn next_secret_hash(&self) -> Result<SecretHash, SessionError> {
        let secret = self.next_secret()?;
        self.client().drawn = Some(Box::new(secret.clone()));
        Ok(self.engine().hash(&Token::new(self.state().id(), secret)))
    }

    pub(crate) fn set_uncertain(&self) {
        self.client().condition = Condition::Uncertain;
    }

    pub(crate) fn set_usable(&self) {
        self.client().condition = Condition::Usable;
    }

    /// Marks that the head leaves now, unless committing would do anything before, be it to touch the
    /// record, to report an error, or to wait for a commit that is under way.
    #[cfg(feature = "axum")]
    pub(crate) fn close_head_if_idle(&self) -> bool {
        let Ok(_turn) = self.0.committing.try_lock() else { return false };
        let is_idle = !self.needs_commit();
        if is_idle {
            self.close_head();
        }
        is_idle
    }

    #[cfg(feature = "axum")]
    fn needs_commit(&self) -> bool {
        self.state().needs_commit(|base| {
            let now = self.state().now();
            // Whoever got the error of an uncertain write has been told.
            let is_usable = self.client().condition == Condition::Usable;
            is_usable && (touch_due(base, now).is_some() || self.needs_rotation(base, now))
        })
    }

    /// From now on no client can be told anything.
    pub(crate) fn close_head(&self) {
        self.client().phase = Phase::AfterHead;
    }

    /// The record is gone, and so are the changes to it.
    pub(crate) fn end(&self) {
        let mut client = self.client();
        client.condition = Condition::Ended;
        client.undelivered = None;
        drop(client);
        self.state().discard();
    }

    /// Takes a new token and lets the client know.
    pub(crate) fn issue(&self, held: Held, created: bool) {
        let mut client = self.client();
        if created {
            client.outcome = Outcome::New;
        }
        client.held = Some(held);
        client.drawn = None;
        drop(client);
        self.reissue();
    }

    /// Lets the client know its token again, because how long it keeps it has changed.
    pub(crate) fn reissue(&self) {
        let Some(Base { header, .. }) = self.state().base() else { return };
        let mut client = self.client();
        // One before a periodic renewal is not told again: its successor would be lost.
        let current = client.held.clone().filter(|held| header.secret.matches(held.secret()));
        if let Some(held) = current {
            client.undelivered = Some(TokenChange::Set { token: held.into_token(), persistent: header.remembered });
        }
    }

    pub(crate) fn deliver(&self, change: TokenChange) {
        let mut client = self.client();
        if matches!(change, TokenChange::Removed) {
            client.held = None;
        }
        client.undelivered = Some(change);
    }

    /// What the client must be told; it is told once.
    #[cfg(feature = "axum")]
    pub(crate) fn take_undelivered(&self) -> Option<TokenChange> {
        self.client().undelivered.take()
    }

    /// What a commit did. In a request the middleware will tell the client, otherwise the caller.
    pub(crate) fn committed(&self) -> Committed {
        let mut client = self.client();
        match client.phase {
            Phase::BeforeHead | Phase::AfterHead => Committed { change: client.undelivered.clone() },
            Phase::Detached => Committed { change: client.undelivered.take() },
        }
    }

    /// Ends the session; what follows is another one, whatever became of this one.
    pub(crate) fn destroy(&self) {
        self.state().destroy();
        self.set_usable();
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

    fn client(&self) -> MutexGuard<'_, Client> {
        self.0.client.lock().unwrap_or_else(PoisonError::into_inner)
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

impl Drop for Open {
    /// Changes that nobody will save any more, a logout among them, are a mistake in the application,
    /// unless a request ended before its response.
    fn drop(&mut self) {
        let client = self.client.get_mut().unwrap_or_else(PoisonError::into_inner);
        if client.phase == Phase::BeforeHead || !self.state.has_work() {
            return;
        }
        let fields = self.state.changed_fields();
        tracing::error!(
            target: "scs::session",
            id = %self.state.id(),
            ?fields,
            "session changes were never committed; call `session.commit().await` after changes made outside of a request or after the response head"
        );
    }
}
