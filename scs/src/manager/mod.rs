//! The manager: opens, commits, lists and ends sessions. It knows stores and rules, and no HTTP.

mod accounts;
mod attempt;
mod builder;
mod claim;
mod commit;
mod deviations;
mod engine;
mod event;
mod limit;
#[cfg(feature = "metrics")]
mod metrics;
mod pages;
mod policy;
mod queue;
mod reporter;
mod retries;
mod rotation;
#[cfg(feature = "sealed")]
mod sealed;
mod stored;
mod terms;
mod throttle;
mod time_limit;
mod warnings;
mod write;

use std::{fmt, future::Future, marker::PhantomData, pin::Pin, sync::Arc, time::Duration};

#[cfg(feature = "sealed")]
pub(crate) use self::sealed::SealedEngine;
pub use self::{
    builder::Builder,
    event::{EndReason, SessionEvent, StoreOperation},
    pages::Sessions,
    policy::Policy,
};
pub(crate) use self::{
    commit::new_secret,
    engine::{Answer, BackendEngine, Engine},
    policy::touch_due,
};
use self::{
    engine::Found,
    pages::{EverySession, SessionsWith},
};
use crate::{
    error::SessionError,
    id::SessionId,
    store::{Backend, Index, Iterate, Purge, Store},
    typed_session::{AsEngine, Holds, Presented, Session, TokenText, TypedSession, TypedTerm},
};

/// Expired records that one store call deletes at most.
const PURGE_BATCH: usize = 1000;

const SHORTEST_PERIOD: Duration = Duration::from_secs(1);

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Opens and ends the sessions of schema `S` that backend `B` keeps. Cheap to clone.
///
/// In an axum application it is made once and its [`layer`](Self::layer) does the rest; jobs,
/// sockets and administration call its methods.
///
/// ```
/// use std::time::Duration;
/// use scs::{MemoryStore, Session, SessionManager};
///
/// #[derive(Session)]
/// struct Visitor {
///     #[session(index, renews)]
///     account: Option<u64>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = SessionManager::<Visitor, _>::builder(MemoryStore::new())
///     .idle_timeout(Duration::from_secs(15 * 60))
///     .build()?;
///
/// let session = sessions.open(None).await?;
/// session.set_account(7);
/// session.commit().await?;
///
/// assert_eq!(sessions.find(Visitor::by_account(7)).await?.len(), 1);
/// assert_eq!(sessions.revoke_all(Visitor::by_account(7)).await?, 1);
/// # Ok(())
/// # }
/// ```
pub struct SessionManager<S, B> {
    engine: Arc<BackendEngine<B>>,
    as_engine: AsEngine<B>,
    schema: PhantomData<fn() -> S>,
}

impl<S: Session, B> SessionManager<S, B> {
    /// A manager with the default settings.
    pub fn new(backend: B) -> Self
    where
        B: Holds<S>,
    {
        Self::builder(backend).build_unchecked()
    }

    /// A manager with other settings.
    pub fn builder(backend: B) -> Builder<S, B>
    where
        B: Holds<S>,
    {
        Builder::new(backend, B::abilities())
    }

    fn from_engine(engine: BackendEngine<B>, as_engine: AsEngine<B>) -> Self {
        Self { engine: Arc::new(engine), as_engine, schema: PhantomData }
    }

    /// The effective settings.
    pub fn policy(&self) -> &Policy {
        &self.engine.policy
    }
}

impl<S: Session, B: Backend> SessionManager<S, B> {
    /// Opens the session of a token, or a new one: `None` begins without a token, and a token that
    /// opens nothing is never adopted. [`TypedSession::outcome`] tells which it was.
    ///
    /// # Errors
    ///
    /// The store failed, or the record cannot be opened by this version of the schema.
    #[must_use = "nothing is opened until the future is awaited"]
    pub fn open(&self, token: impl TokenText) -> Boxed<Result<TypedSession<S>, SessionError>> {
        let engine = self.engine();
        let presented = token.text().map_or(Presented::Nothing, |text| engine.read(text.as_bytes()));
        let opening = engine.open(presented);
        Box::pin(async { opening.await.map(TypedSession::new) })
    }

    pub(crate) fn engine(&self) -> Arc<dyn Engine> {
        (self.as_engine)(Arc::clone(&self.engine))
    }
}

/// What needs a store. Each method asks by itself, so that a backend that cannot is told in a sentence.
impl<S: Session, B> SessionManager<S, B> {
    /// Opens a stored session by its public id, as an administrator does.
    ///
    /// # Errors
    ///
    /// The store failed, or the record cannot be opened by this version of the schema.
    #[must_use = "nothing is opened until the future is awaited"]
    pub fn get(&self, id: SessionId) -> Boxed<Result<Option<TypedSession<S>>, SessionError>>
    where
        B: Store,
    {
        let (shared, engine) = (Arc::clone(&self.engine), (self.as_engine)(Arc::clone(&self.engine)));
        Box::pin(async move {
            let Found::Live(base, cells) = shared.fetch(id).await? else { return Ok(None) };
            Ok(shared.opened(engine, id, base, cells, None)?.map(TypedSession::new))
        })
    }

    /// Ends a session by its public id; `false` if there is none.
    ///
    /// # Errors
    ///
    /// The store failed.
    #[must_use = "nothing is revoked until the future is awaited"]
    pub fn revoke(&self, id: SessionId) -> Boxed<Result<bool, SessionError>>
    where
        B: Store,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move {
            match engine.fetch(id).await? {
                Found::Live(..) => engine.delete(id, EndReason::Revoked).await,
                Found::Expired | Found::Nothing => Ok(false),
            }
        })
    }

    /// Lists every session of the schema.
    pub fn iterate(&self) -> Sessions<S>
    where
        B: Iterate,
    {
        Sessions::new(EverySession::new(Arc::clone(&self.engine)))
    }

    /// Lists the sessions in which an indexed field has a value.
    pub fn find(&self, term: TypedTerm<S>) -> Sessions<S>
    where
        B: Index,
    {
        Sessions::new(SessionsWith::new(Arc::clone(&self.engine), term.into_search()))
    }

    /// Ends the sessions in which an indexed field has a value ("log out everywhere") and tells how
    /// many there were. Its cost is in proportion to them, not to all sessions.
    ///
    /// The session of the request that asks may be among them. What that request changes is dropped
    /// then, unless it calls [`destroy`](TypedSession::destroy) first: what it sets afterwards belongs
    /// to a new session.
    ///
    /// # Errors
    ///
    /// The store failed; some sessions may have ended.
    #[must_use = "nothing is revoked until the future is awaited"]
    pub fn revoke_all(&self, term: TypedTerm<S>) -> Boxed<Result<u64, SessionError>>
    where
        B: Index,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move { engine.revoke_with(&term.into_search()?, None).await })
    }

    /// Deletes the records that have expired and tells how many there were.
    ///
    /// # Errors
    ///
    /// The store failed; some records may be deleted.
    #[must_use = "nothing is purged until the future is awaited"]
    pub fn purge_expired(&self) -> Boxed<Result<u64, SessionError>>
    where
        B: Purge,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move { engine.purge().await })
    }

    /// Purges for ever, once per period of at least a second: a future to be spawned. Failures are
    /// logged and tried again.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    /// tokio::spawn(sessions.reaper(Duration::from_secs(5 * 60)));
    /// # }
    /// ```
    #[must_use = "nothing is purged until the future is spawned"]
    pub fn reaper(&self, period: Duration) -> Boxed<()>
    where
        B: Purge,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move {
            loop {
                tokio::time::sleep(period.max(SHORTEST_PERIOD)).await;
                if let Err(error) = engine.purge().await {
                    warnings::purge_failed(&error);
                }
            }
        })
    }
}

impl<B: Store> BackendEngine<B> {
    pub(super) async fn delete(&self, id: SessionId, reason: EndReason) -> Result<bool, SessionError> {
        let deleted = self.call(StoreOperation::Delete, self.backend.delete(id)).await?;
        if deleted {
            self.report(SessionEvent::Destroyed { id, reason });
        }
        Ok(deleted)
    }
}

impl<B: Purge> BackendEngine<B> {
    async fn purge(&self) -> Result<u64, SessionError> {
        let mut purged = 0;
        loop {
            let batch = self.call(StoreOperation::Purge, self.backend.purge(PURGE_BATCH)).await?;
            purged += batch as u64;
            if batch < PURGE_BATCH {
                return Ok(purged);
            }
        }
    }
}

impl<S, B> Clone for SessionManager<S, B> {
    fn clone(&self) -> Self {
        Self { engine: Arc::clone(&self.engine), as_engine: self.as_engine, schema: PhantomData }
    }
}

impl<S: Session, B> fmt::Debug for SessionManager<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManager")
            .field("schema", &S::SCHEMA.name)
            .field("policy", &self.engine.policy)
            .finish_non_exhaustive()
    }
}
