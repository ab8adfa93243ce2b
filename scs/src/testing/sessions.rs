use std::{fmt, sync::Arc};

use http::{HeaderMap, Method, request};

use super::{TestClient, TestError};
use crate::{
    error::{ConfigError, SessionError},
    manager::{Builder, SessionManager},
    middleware::SessionLayer,
    store::MemoryStore,
    time::{ManualClock, Timestamp},
    transport::Transport,
    typed_session::{Handle, KeptBy, Session, TypedSession},
};

/// The first moment of 2026, in milliseconds since the Unix epoch.
const START: Timestamp = Timestamp::from_unix_millis(1_767_225_600_000);

/// Sessions for a test: in memory, and on a clock that stands still until the test moves it.
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
pub struct TestSessions<S: Session> {
    sessions: SessionManager<S, MemoryStore>,
    clock: Arc<ManualClock>,
    transport: Transport,
}

impl<S: KeptBy<MemoryStore>> TestSessions<S> {
    /// Sessions with the default settings.
    pub fn new() -> Self {
        let (sessions, clock) = Self::builder();
        Self { sessions: sessions.build_unchecked(), clock, transport: Transport::default() }
    }

    /// Sessions with the settings of the application.
    ///
    /// # Errors
    ///
    /// Settings that contradict each other.
    pub fn with(
        settings: impl FnOnce(Builder<S, MemoryStore>) -> Builder<S, MemoryStore>,
    ) -> Result<Self, ConfigError> {
        let (sessions, clock) = Self::builder();
        Ok(Self { sessions: settings(sessions).build()?, clock, transport: Transport::default() })
    }

    fn builder() -> (Builder<S, MemoryStore>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(START));
        let store = MemoryStore::new().with_clock(clock.clone());
        (SessionManager::builder(store).clock(clock.clone()), clock)
    }
}

impl<S: Session> TestSessions<S> {
    /// How the token travels; by default in the cookie `__Host-id`.
    #[must_use]
    pub fn transport(mut self, transport: impl Into<Transport>) -> Self {
        self.transport = transport.into();
        self
    }

    /// The manager.
    pub const fn manager(&self) -> &SessionManager<S, MemoryStore> {
        &self.sessions
    }

    /// The clock, which begins with the year 2026.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The middleware for the router under test.
    pub fn layer(&self) -> SessionLayer<S> {
        self.sessions.layer().transport(self.transport.clone())
    }

    /// What a client sends whose session was prepared so; nothing if nothing was set in it.
    ///
    /// # Errors
    ///
    /// The session cannot be stored.
    pub async fn headers(&self, prepare: impl FnOnce(&TypedSession<S>)) -> Result<HeaderMap, SessionError> {
        let session = self.sessions.open(None).await?;
        prepare(&session);
        let committed = session.commit().await?;
        let token = committed.token().and_then(|token| self.transport.presented(token));
        Ok(token.into_iter().map(|token| (self.transport.request_header(), token)).collect())
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
        let engine = self.sessions.engine();
        let presented = self.transport.read(headers, |text| engine.read_token(text));
        Ok(TypedSession::new(Handle::open_detached(Arc::clone(engine), presented).await?))
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
        let session = self.sessions.open(None).await?;
        prepare(&session);
        let mut answer = HeaderMap::new();
        if let Some(change) = session.commit().await?.change {
            self.transport.write(&change, session.deadline(), session.handle().now(), &mut answer);
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

impl<S: Session> Default for TestSessions<S>
where
    S: KeptBy<MemoryStore>,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Session> fmt::Debug for TestSessions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSessions")
            .field("sessions", &self.sessions)
            .field("clock", &self.clock)
            .field("transport", &self.transport)
            .finish()
    }
}
