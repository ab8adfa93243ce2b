use std::{fmt, marker::PhantomData, sync::Arc};

use axum_core::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use tower_layer::Layer;

#[cfg(debug_assertions)]
use super::dropped_cookie::DroppedCookie;
use super::{ErrorHandler, SessionService, head, slot::Slot};
use crate::{
    error::SessionError,
    manager::{Boxed, Engine},
    transport::Transport,
    typed_session::{Handle, Presented, Session, TypedSession},
};

/// Which responses save the changes that their handlers made.
///
/// That a handler destroyed the session or signed out stays done, whatever its response. A panic, and an error of the inner
/// service in place of a response, save nothing else.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum CommitOn {
    /// All but server errors (5xx) and requests that took too long (408, and 499 of nginx): a handler that failed, or did not
    /// come to its end, leaves the session as it found it.
    #[default]
    Success,
    /// All.
    Always,
    /// Those for which this is true, by their status and headers.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use scs::CommitOn;
    ///
    /// /// gRPC answers 200 and tells in a header that a call failed at once.
    /// fn has_succeeded(status: StatusCode, headers: &HeaderMap) -> bool {
    ///     status.is_success() && headers.get("grpc-status").is_none_or(|status| status == "0")
    /// }
    ///
    /// let commit_on = CommitOn::When(has_succeeded);
    /// ```
    When(fn(StatusCode, &HeaderMap) -> bool),
}

/// What a handler gets that asks for `Option<TypedSession<S>>` while the store is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnOutage {
    /// Nothing: the client is answered 503, as with `TypedSession<S>`.
    #[default]
    Refuse,
    /// `None`, as for a visitor without a session. The client keeps its token, and no cache keeps the response. A store that is set
    /// up wrongly is no outage, and is answered 500.
    Anonymous,
}

/// The middleware of one session schema, made by [`SessionManager::layer`](crate::SessionManager::layer).
pub struct SessionLayer<S> {
    settings: Arc<Settings>,
    schema: PhantomData<fn() -> S>,
}

/// What every request of a layer shares.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) engine: Arc<Engine>,
    pub(super) transport: Transport,
    pub(super) commit_on: CommitOn,
    pub(super) on_outage: OnOutage,
    pub(super) on_error: ErrorHandler,
    #[cfg(debug_assertions)]
    pub(super) dropped_cookie: Arc<DroppedCookie>,
}

impl Settings {
    /// What a client presented.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Presented {
        self.transport.read(headers, |text| self.engine.read_token(text))
    }
}

impl<S: Session> SessionLayer<S> {
    pub(super) fn new(engine: &Arc<Engine>) -> Self {
        let transport = Transport::default();
        let settings = Settings {
            engine: engine.carried_as(transport.carrier()),
            transport,
            commit_on: CommitOn::default(),
            on_outage: OnOutage::default(),
            on_error: ErrorHandler::of(engine),
            #[cfg(debug_assertions)]
            dropped_cookie: Arc::default(),
        };
        Self { settings: Arc::new(settings), schema: PhantomData }
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// How the token travels; by default in the cookie `__Host-id`. What is weaker than that is logged, as a warning of the
    /// target `scs::policy`.
    ///
    /// ```
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// # let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    /// let layer = sessions.layer().transport(scs::HeaderTransport::bearer());
    /// ```
    #[must_use]
    pub fn transport(self, transport: impl Into<Transport>) -> Self {
        let transport = transport.into();
        for weakness in transport.weaknesses() {
            tracing::warn!(target: "scs::policy", cookie = transport.carrier(), "the session cookie {weakness}");
        }
        self.with(|settings| {
            settings.engine = settings.engine.carried_as(transport.carrier());
            settings.transport = transport;
        })
    }

    /// Which responses save the changes that their handlers made. The layer judges the response that it sees: a layer that is to
    /// decide it, such as one that limits the time, stands further in.
    ///
    /// ```text
    /// Router::new().route(..)
    ///     .layer(TimeoutLayer)        // inside: its 408 drops the changes
    ///     .layer(sessions.layer())    // sees every response of what stands above
    ///     .layer(CatchPanicLayer)     // outside: answers 500 after a panic that the session layer has seen
    /// ```
    #[must_use]
    pub fn commit_on(self, commit_on: CommitOn) -> Self {
        self.with(|settings| settings.commit_on = commit_on)
    }

    /// What a handler gets that asks for `Option<TypedSession<S>>` while the store is down: for pages that are worth
    /// showing to whoever comes. Handlers that ask for `TypedSession<S>` are not run then.
    ///
    /// ```
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// # let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    /// let layer = sessions.layer().on_outage(scs::OnOutage::Anonymous);
    /// ```
    #[must_use]
    pub fn on_outage(self, on_outage: OnOutage) -> Self {
        self.with(|settings| settings.on_outage = on_outage)
    }

    /// What the client gets when the session cannot be loaded or saved.
    ///
    /// By default the error is logged and answered without details: 503 with `Retry-After` if trying
    /// again can help, 409 if a sign-in was lost or a limit is reached, 413 if the session would be larger than
    /// allowed, 500 otherwise. Each kind is logged ten times a second at most, and as a warning if clients cause it.
    ///
    /// ```
    /// # use scs::{MemoryStore, Session, SessionManager};
    /// # #[derive(Session)]
    /// # struct Visitor { visits: u32 }
    /// # let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    /// use axum::http::StatusCode;
    ///
    /// let layer = sessions.layer().on_error(|error| match error.is_transient() {
    ///     true => (StatusCode::SERVICE_UNAVAILABLE, "please try again in a minute"),
    ///     false => (StatusCode::INTERNAL_SERVER_ERROR, "something is broken"),
    /// });
    /// ```
    #[must_use]
    pub fn on_error<R: IntoResponse>(self, handler: impl Fn(&SessionError) -> R + Send + Sync + 'static) -> Self {
        let handler = move |error: &SessionError| -> Response { handler(error).into_response() };
        self.with(|settings| settings.on_error = ErrorHandler::new(handler))
    }
}

/// For servers without tower.
impl<S: Session> SessionLayer<S> {
    /// Opens the session of a request by its headers, as the middleware does for a handler: different tokens may be
    /// [ambiguous](crate::Outcome::Ambiguous), and what is no token opens nothing. End the request with [`commit`](Self::commit).
    ///
    /// A request that [`CookieTransport::insecure_dev`](crate::CookieTransport::insecure_dev) must not serve is refused by the
    /// middleware alone.
    ///
    /// ```
    /// use http::{HeaderMap, Response};
    /// use scs::{MemoryStore, Session, SessionError, SessionLayer, SessionManager};
    ///
    /// #[derive(Session)]
    /// struct Visitor {
    ///     visits: u32,
    /// }
    ///
    /// /// What a server calls for each request.
    /// async fn home(sessions: &SessionLayer<Visitor>, headers: &HeaderMap) -> Result<Response<String>, SessionError> {
    ///     let session = sessions.open(headers).await?;
    ///     session.update_visits(|visits| *visits += 1);
    ///     let mut response = Response::new(format!("visit {}", session.visits()));
    ///     if let Err(error) = sessions.commit(&session, &mut response).await {
    ///         *response.body_mut() = error.to_string();
    ///     }
    ///     Ok(response)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new()).layer();
    /// let response = home(&sessions, &HeaderMap::new()).await?;
    /// assert!(response.headers()["set-cookie"].to_str()?.starts_with("__Host-id="));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store failed, or the record cannot be opened by this version of the schema.
    #[must_use = "nothing is opened until the future is awaited"]
    pub fn open(&self, headers: &HeaderMap) -> Boxed<'static, TypedSession<S>> {
        let presented = self.settings.read(headers);
        let slot = Slot::without_service::<S>(&self.settings);
        let handle = Handle::unopened(Arc::clone(&self.settings.engine), slot);
        Box::pin(async move {
            handle.open(|| presented).await?;
            Ok(TypedSession::new(handle))
        })
    }

    /// Commits the session of a request and writes into its response what the middleware writes: the token if it has changed or
    /// ended, and what caches may keep. Call it once, when the handler has answered and before the head leaves.
    ///
    /// As [`commit_on`](Self::commit_on) says, a response that failed drops what its handler changed, but for a logout. A
    /// request that is dropped before saves nothing.
    ///
    /// # Errors
    ///
    /// The changes cannot be saved, and the error is logged. **Send the response all the same**: it is the one of
    /// [`on_error`](Self::on_error) by then, but for the body, which is empty; after a logout it makes the client forget its token.
    pub async fn commit<B: Default>(
        &self,
        session: &TypedSession<S>,
        response: &mut http::Response<B>,
    ) -> Result<(), SessionError> {
        let handle = session.handle();
        let opened_elsewhere;
        let slot = match handle.context() {
            Some(slot) => slot,
            None => {
                opened_elsewhere = Slot::without_service::<S>(&self.settings);
                &opened_elsewhere
            }
        };
        head::judge(slot, handle.state(), response);
        let committed = match handle.commit_now(true) {
            Some(committed) => committed,
            None => handle.commit_later(true).await,
        };
        head::tell(handle, slot, &committed, Some(response), |_| B::default());
        match committed {
            Ok(_) | Err(SessionError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// For tests of applications.
#[cfg(feature = "testing")]
impl<S: Session> SessionLayer<S> {
    pub(crate) fn carrier(&self) -> &Transport {
        &self.settings.transport
    }

    /// Opens the session of these headers outside of any request.
    pub(crate) async fn open_detached(&self, headers: &HeaderMap) -> Result<TypedSession<S>, SessionError> {
        let engine = Arc::clone(&self.settings.engine);
        Ok(TypedSession::new(Handle::open_detached(engine, self.settings.read(headers)).await?))
    }
}

impl<S: Session, I> Layer<I> for SessionLayer<S> {
    type Service = SessionService<S, I>;

    fn layer(&self, inner: I) -> Self::Service {
        SessionService::new(inner, Arc::clone(&self.settings))
    }
}

impl<S> Clone for SessionLayer<S> {
    fn clone(&self) -> Self {
        Self { settings: Arc::clone(&self.settings), schema: PhantomData }
    }
}

impl<S> fmt::Debug for SessionLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("transport", &self.settings.transport)
            .field("commit_on", &self.settings.commit_on)
            .field("on_outage", &self.settings.on_outage)
            .finish_non_exhaustive()
    }
}
