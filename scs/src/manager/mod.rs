//! The manager: opens, commits, lists and ends sessions. It knows stores and rules, and no HTTP.

mod accounts;
mod attempt;
mod builder;
mod check;
mod claim;
mod commit;
mod deviations;
mod engine;
mod event;
mod limit;
mod merging;
mod metrics;
mod namesakes;
mod open;
mod pages;
mod plain;
mod policy;
mod queue;
mod reporter;
mod retries;
#[cfg(feature = "sealed")]
mod revocation_list;
mod rotation;
#[cfg(feature = "sealed")]
mod sealed;
mod terms;
mod throttle;
mod time_limit;
mod warnings;
mod write;

use std::{fmt, future::Future, marker::PhantomData, pin::Pin, sync::Arc, time::Duration};

use self::engine::Found;
pub(crate) use self::engine::{Boxed, Engine};
#[cfg(feature = "axum")]
pub(crate) use self::throttle::Throttle;
pub use self::{
    builder::Builder,
    event::{EndReason, SessionEvent, StoreOperation},
    pages::Sessions,
    policy::Policy,
};
use crate::{
    error::SessionError,
    id::SessionId,
    store::{Answer, Index, Iterate, Purge, Store},
    typed_session::{Handle, Is, KeptBy, Presented, Session, TokenText, TypedSession, TypedTerm},
};

/// Expired records that one store call deletes at most.
const PURGE_BATCH: usize = 1000;

const SHORTEST_PERIOD: Duration = Duration::from_secs(1);

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
    engine: Arc<Engine>,
    /// For what only lists and purges need of it.
    backend: Arc<B>,
    schema: PhantomData<fn() -> S>,
}

impl<S: Session, B> SessionManager<S, B> {
    /// A manager with the default settings.
    pub fn new<K: Is<It = B>>(backend: K) -> Self
    where
        S: KeptBy<K>,
    {
        Self::builder(backend).build_unchecked()
    }

    /// A manager with other settings.
    pub fn builder<K: Is<It = B>>(backend: K) -> Builder<S, B>
    where
        S: KeptBy<K>,
    {
        let backend = Arc::new(backend);
        let kept = S::kept(Arc::clone(&backend));
        Builder::new(backend.it(), kept)
    }

    fn from_parts(engine: Engine, backend: Arc<B>) -> Self {
        Self { engine: Arc::new(engine), backend, schema: PhantomData }
    }

    /// The effective settings.
    pub fn policy(&self) -> &Policy {
        self.engine.policy()
    }

    /// Opens the session of a token, or a new one: `None` begins without a token, and a token that
    /// opens nothing is never adopted. [`TypedSession::outcome`] tells which it was.
    ///
    /// # Errors
    ///
    /// The store failed, or the record cannot be opened by this version of the schema.
    #[must_use = "nothing is opened until the future is awaited"]
    pub fn open(&self, token: impl TokenText) -> Boxed<'static, TypedSession<S>> {
        let engine = Arc::clone(&self.engine);
        let presented = token.text().map_or(Presented::Nothing, |text| engine.read_token(text.as_bytes()));
        Box::pin(async move { Ok(TypedSession::new(Handle::open_detached(engine, presented).await?)) })
    }

    #[cfg(feature = "axum")]
    pub(crate) const fn engine(&self) -> &Arc<Engine> {
        &self.engine
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
    pub fn get(&self, id: SessionId) -> Boxed<'static, Option<TypedSession<S>>>
    where
        B: Store,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move {
            let Found::Live(base, cells) = engine.fetch(id).await? else { return Ok(None) };
            let state = engine.listed_session(id, base, cells)?;
            Ok(state.map(|state| TypedSession::new(Handle::new(engine, state))))
        })
    }

    /// Ends a session by its public id; `false` if there is none. One that cannot be read here ends too: a newer version
    /// may have written it, or another key encrypted it.
    ///
    /// # Errors
    ///
    /// The store failed.
    #[must_use = "nothing is revoked until the future is awaited"]
    pub fn revoke(&self, id: SessionId) -> Boxed<'static, bool>
    where
        B: Store,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move {
            match engine.fetch(id).await? {
                Found::Foreign => Ok(false),
                Found::Live(_, cells) => {
                    // What it took over ends with it, if it is still there.
                    for taken in cells.takings() {
                        engine.delete(taken, EndReason::Merged).await?;
                    }
                    engine.delete(id, EndReason::Revoked).await
                }
                _ => engine.delete(id, EndReason::Revoked).await,
            }
        })
    }

    /// Tries everything that sessions of this schema need of the store, with a record that is deleted again: call it at the start,
    /// so that a missing table, a missing right or a name that two schemas share stops the deploy and not the first visitor.
    ///
    /// ```
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), scs::SessionError> {
    /// let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    /// sessions.check().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store failed, and says what to do.
    #[must_use = "nothing is checked until the future is awaited"]
    pub fn check(&self) -> Boxed<'static, ()>
    where
        B: Store,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move { engine.check().await })
    }

    /// Lists every session of the schema.
    pub fn iterate(&self) -> Sessions<S>
    where
        B: Iterate,
    {
        Sessions::every(Arc::clone(&self.engine), Arc::clone(&self.backend))
    }

    /// Lists the sessions in which an indexed field has a value.
    pub fn find(&self, term: TypedTerm<S>) -> Sessions<S>
    where
        B: Index,
    {
        Sessions::with(Arc::clone(&self.engine), term.into_search())
    }

    /// Ends the sessions in which an indexed field has a value ("log out everywhere") and tells how
    /// many there were. Its cost is in proportion to them, not to all sessions.
    ///
    /// It ends the sessions that had the value before the call, also those that cannot be read here, whatever a cache says. A
    /// sign-in that comes meanwhile counts as later and is left alone, so that the call returns however many there are.
    ///
    /// The session of the request that asks may be among them. What that request changes is dropped then, and a sign-in in it
    /// is [`SessionError::SignInLost`]; the browser keeps a cookie that opens nothing. If the request calls
    /// [`destroy`](TypedSession::destroy) first, the cookie is removed, and what is set afterwards belongs to a new session.
    ///
    /// # Errors
    ///
    /// The store failed; some sessions may have ended.
    #[must_use = "nothing is revoked until the future is awaited"]
    pub fn revoke_all(&self, term: TypedTerm<S>) -> Boxed<'static, u64>
    where
        B: Index,
    {
        let engine = Arc::clone(&self.engine);
        Box::pin(async move { engine.revoke_with(&term.into_search()?, None).await })
    }

    /// Posts every session under the values of its indexed fields, and tells how many there were. It is for sessions that
    /// were stored before a field had `index`, or under an older name whose `alias` is to go: until then they are not
    /// found, nor ended by [`revoke_all`](Self::revoke_all). Call it once all servers run the new version; it may run
    /// again. No session lives longer for it.
    ///
    /// # Errors
    ///
    /// The store failed; some sessions may be posted.
    #[must_use = "nothing is posted until the future is awaited"]
    pub fn reindex(&self) -> Boxed<'static, u64>
    where
        B: Iterate + Index,
    {
        let (engine, backend) = (Arc::clone(&self.engine), Arc::clone(&self.backend));
        Box::pin(async move { engine.reindex(&*backend).await })
    }

    /// Deletes the records that have expired and tells how many there were.
    ///
    /// # Errors
    ///
    /// The store failed; some records may be deleted.
    #[must_use = "nothing is purged until the future is awaited"]
    pub fn purge_expired(&self) -> Boxed<'static, u64>
    where
        B: Purge,
    {
        let (engine, backend) = (Arc::clone(&self.engine), Arc::clone(&self.backend));
        Box::pin(async move { engine.purge(&*backend).await })
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
    pub fn reaper(&self, period: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>
    where
        B: Purge,
    {
        let (engine, backend) = (Arc::clone(&self.engine), Arc::clone(&self.backend));
        Box::pin(async move {
            loop {
                tokio::time::sleep(period.max(SHORTEST_PERIOD)).await;
                if let Err(error) = engine.purge(&*backend).await {
                    warnings::purge_failed(&error);
                }
            }
        })
    }
}

impl Engine {
    async fn purge(&self, backend: &impl Purge) -> Result<u64, SessionError> {
        let mut purged = 0;
        loop {
            let purge = || Answer::of(backend.answers_at_once(), backend.purge(PURGE_BATCH));
            let batch = self.call(StoreOperation::Purge, purge).await?;
            purged += batch as u64;
            if batch < PURGE_BATCH {
                return Ok(purged);
            }
        }
    }
}

impl<S, B> Clone for SessionManager<S, B> {
    fn clone(&self) -> Self {
        Self { engine: Arc::clone(&self.engine), backend: Arc::clone(&self.backend), schema: PhantomData }
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
