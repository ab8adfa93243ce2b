use std::{fmt, sync::Arc};

use http::{HeaderMap, Method, request};

use super::{TestClient, TestError};
use crate::{
    error::{ConfigError, SessionError},
    manager::{Builder, SessionManager},
    middleware::SessionLayer,
    store::MemoryStore,
    time::ManualClock,
    transport::Transport,
    typed_session::{KeptBy, Session, TypedSession},
};

/// Sessions for a test, on a clock that stands still until the test moves it: in memory, or in [any store](Self::build).
///
/// ```
/// use std::time::Duration;
///
/// use axum::{Router, body::Body, http::StatusCode, routing::get};
/// use scs::{Session, TypedSession, testing::TestSessions};
///
/// #[derive(Session)]
/// struct Visitor {
///     #[session(renews)]
///     account: Option<u64>,
/// }
///
/// async fn members(session: TypedSession<Visitor>) -> StatusCode {
///     if session.account().is_some() { StatusCode::OK } else { StatusCode::FORBIDDEN }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tests = TestSessions::<Visitor>::new();
/// let app = Router::new().route("/members", get(members)).layer(tests.layer());
///
/// let request = tests.request("GET", "/members", |session| session.set_account(7)).await?;
/// assert_eq!(tests.client(app.clone()).send(request.body(Body::empty())?).await?.status(), 200);
///
/// let request = tests.request("GET", "/members", |session| session.set_account(7)).await?;
/// tests.clock().advance(Duration::from_secs(24 * 60 * 60));
/// assert_eq!(tests.client(app).send(request.body(Body::empty())?).await?.status(), 403);
/// # Ok(())
/// # }
/// ```
pub struct TestSessions<S: Session, B = MemoryStore> {
    sessions: SessionManager<S, B>,
    clock: Arc<ManualClock>,
    layer: SessionLayer<S>,
}

impl<S: KeptBy<MemoryStore>> TestSessions<S> {
    /// Sessions with the default settings.
    pub fn new() -> Self {
        let clock = Arc::<ManualClock>::default();
        Self::of(in_memory(&clock).clock(clock.clone()).build_unchecked(), clock)
    }

    /// Sessions with the settings of the application.
    ///
    /// # Errors
    ///
    /// Settings that contradict each other.
    pub fn with(
        settings: impl FnOnce(Builder<S, MemoryStore>) -> Builder<S, MemoryStore>,
    ) -> Result<Self, ConfigError> {
        let clock = Arc::default();
        Self::build(settings(in_memory(&clock)), clock)
    }
}

fn in_memory<S: KeptBy<MemoryStore>>(clock: &Arc<ManualClock>) -> Builder<S, MemoryStore> {
    SessionManager::builder(MemoryStore::new().with_clock(clock.clone()))
}

impl<S: Session, B> TestSessions<S, B> {
    /// Builds the manager of the application, with its store and its settings, on a clock of the test.
    ///
    /// Give the same clock to a store that takes one. A store that goes by the clock of its server, such as `PostgresStore`, does
    /// not notice that this one moves: its sessions end at their deadline, and not for being idle.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use axum::{Router, extract::State, routing::post};
    /// use scs::{
    ///     ManualClock, MemoryStore, Session, SessionError, SessionManager, store::AnyStore, testing::TestSessions,
    /// };
    ///
    /// #[derive(Session)]
    /// struct Visitor {
    ///     #[session(index, renews)]
    ///     account: Option<u64>,
    /// }
    ///
    /// type Sessions = SessionManager<Visitor, AnyStore>;
    ///
    /// async fn logout_everywhere(State(sessions): State<Sessions>) -> Result<(), SessionError> {
    ///     sessions.revoke_all(Visitor::by_account(7)).await?;
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = Arc::<ManualClock>::default();
    /// let store = AnyStore::new(MemoryStore::new().with_clock(clock.clone()));
    /// let tests = TestSessions::build(SessionManager::<Visitor, _>::builder(store), clock)?;
    /// let app = Router::new()
    ///     .route("/logout-everywhere", post(logout_everywhere))
    ///     .layer(tests.layer())
    ///     .with_state(tests.manager().clone());
    ///
    /// let mut client = tests.client_with(app, |session| session.set_account(7)).await?;
    /// client.post("/logout-everywhere").await?;
    /// assert_eq!(tests.session_of(&client).await?.account(), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Settings that contradict each other.
    pub fn build(sessions: Builder<S, B>, clock: Arc<ManualClock>) -> Result<Self, ConfigError> {
        Ok(Self::of(sessions.clock(clock.clone()).build()?, clock))
    }

    fn of(sessions: SessionManager<S, B>, clock: Arc<ManualClock>) -> Self {
        let layer = sessions.layer();
        Self { sessions, clock, layer }
    }

    /// How the token travels; by default in the cookie `__Host-id`.
    #[must_use]
    pub fn transport(mut self, transport: impl Into<Transport>) -> Self {
        self.layer = self.layer.transport(transport);
        self
    }

    /// The manager.
    pub const fn manager(&self) -> &SessionManager<S, B> {
        &self.sessions
    }

    /// The clock, which shows the first moment of 2026 until it is moved.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The middleware for the router under test.
    pub fn layer(&self) -> SessionLayer<S> {
        self.layer.clone()
    }

    /// What a client sends whose session was prepared so; nothing if nothing was set in it.
    ///
    /// # Errors
    ///
    /// The session cannot be stored.
    pub async fn headers(&self, prepare: impl FnOnce(&TypedSession<S>)) -> Result<HeaderMap, SessionError> {
        let session = self.session(&HeaderMap::new()).await?;
        prepare(&session);
        let committed = session.commit().await?;
        let carrier = self.layer.carrier();
        let token = committed.token().and_then(|token| carrier.presented(token));
        Ok(token.into_iter().map(|token| (carrier.request_header(), token)).collect())
    }

    /// A request of a client whose session was prepared so.
    ///
    /// # Errors
    ///
    /// The session cannot be stored. What is wrong with the method or the path is told when the request is built.
    pub async fn request<M>(
        &self,
        method: M,
        path: &str,
        prepare: impl FnOnce(&TypedSession<S>),
    ) -> Result<request::Builder, SessionError>
    where
        M: TryInto<Method, Error: Into<http::Error>>,
    {
        let mut request = request::Builder::new().method(method).uri(path);
        let prepared = self.headers(prepare).await?;
        if let Some(headers) = request.headers_mut() {
            headers.extend(prepared);
        }
        Ok(request)
    }

    /// The session that a handler opens for whoever sends these headers.
    ///
    /// # Errors
    ///
    /// The session cannot be read.
    pub async fn session(&self, headers: &HeaderMap) -> Result<TypedSession<S>, SessionError> {
        self.layer.open_detached(headers).await
    }

    /// A client without cookies, in front of an application with this [layer](Self::layer).
    pub fn client<A>(&self, app: A) -> TestClient<A> {
        TestClient::new(app, self.clock.clone())
    }

    /// A client whose session was prepared so, and whose cookie is in its jar.
    ///
    /// # Errors
    ///
    /// The session cannot be stored.
    pub async fn client_with<A>(
        &self,
        app: A,
        prepare: impl FnOnce(&TypedSession<S>),
    ) -> Result<TestClient<A>, TestError> {
        let session = self.session(&HeaderMap::new()).await?;
        prepare(&session);
        let mut answer = HeaderMap::new();
        if let Some(change) = session.commit().await?.change {
            self.layer.carrier().write(&change, session.deadline(), session.handle().now(), &mut answer);
        }
        let mut client = self.client(app);
        client.receive(&answer);
        Ok(client)
    }

    /// The session that a handler opens for this client at `/`.
    ///
    /// # Errors
    ///
    /// The session cannot be read.
    pub async fn session_of<A>(&self, client: &TestClient<A>) -> Result<TypedSession<S>, TestError> {
        Ok(self.session(&client.headers("/")?).await?)
    }
}

impl<S: KeptBy<MemoryStore>> Default for TestSessions<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Session, B> fmt::Debug for TestSessions<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSessions")
            .field("sessions", &self.sessions)
            .field("clock", &self.clock)
            .field("layer", &self.layer)
            .finish()
    }
}
