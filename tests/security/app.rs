//! The application that is attacked, and the world it lives in.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    http::{Response, StatusCode},
    routing::{MethodRouter, get, post},
};
use scs::{
    Builder, KeptBy, ManualClock, MemoryStore, Session, SessionEvent, SessionLayer, SessionManager, TypedSession,
    store::{AnyStore, Store},
};

use crate::support::{
    Browser, PATIENCE, Place, START, TestStore, body_text, get as request, post as send, record_value,
};

/// What somebody typed, and no log may say.
pub(crate) const NAME: &str = "Ada-whom-no-log-may-know";
pub(crate) const NOTICE: &str = "for-the-eyes-of-one-person";

#[derive(Session)]
pub(crate) struct Visitor {
    #[session(index, renews)]
    pub(crate) account: Option<u64>,
    #[session(on_login = "drop")]
    pub(crate) draft: Option<String>,
    #[session(merge = "add")]
    pub(crate) visits: u64,
    #[session(secret)]
    pub(crate) name: Option<String>,
    #[session(flash)]
    pub(crate) notice: Option<String>,
    /// Until when the visitor has just shown the password again.
    #[session(ttl = "5m")]
    pub(crate) confirmed: Option<bool>,
}

pub(crate) type Visit = TypedSession<Visitor>;
pub(crate) type Settings<B> = Builder<Visitor, B>;

/// The routes, by what they do.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/plain", get("ok"))
        .route("/session", get(describe).post(describe))
        .route("/vault", get(vault))
        .route("/visit", does(|session| session.add_visits(1)))
        .route("/login", does(|session| session.set_account(7)))
        .route("/login-as-another", does(|session| session.set_account(8)))
        .route("/remember", does(remember))
        .route("/logout", does(Visit::destroy))
        .route("/sign-out", does(Visit::sign_out))
        .route("/renew", does(Visit::renew))
        .route("/clear", does(Visit::clear))
        .route("/name", does(|session| session.set_name(NAME)))
        .route("/draft", does(|session| session.set_draft("unsent")))
        .route("/notice", does(|session| session.set_notice(NOTICE)))
        .route("/confirm", does(|session| session.set_confirmed(true)))
        .route("/claim", post(claim))
        .route("/revoke-others", post(revoke_others))
}

/// A route that does something to the session and says nothing.
pub(crate) fn does(work: impl Fn(&Visit) + Copy + Send + Sync + 'static) -> MethodRouter {
    post(move |session: Visit| async move { work(&session) })
}

fn remember(session: &Visit) {
    session.set_account(7);
    session.remember(true);
}

async fn describe(session: Visit) -> String {
    format!("{:?} {:?} {}", session.outcome(), session.account(), session.visits())
}

/// Only for somebody who signed in and has just shown the password again.
async fn vault(session: Visit) -> StatusCode {
    match (session.account(), session.confirmed()) {
        (None, _) => StatusCode::UNAUTHORIZED,
        (Some(_), None) => StatusCode::FORBIDDEN,
        (Some(_), Some(_)) => StatusCode::OK,
    }
}

async fn claim(session: Visit) -> Result<String, scs::SessionError> {
    Ok(session.claim_notice().await?.unwrap_or_default())
}

async fn revoke_others(session: Visit) -> Result<String, scs::SessionError> {
    Ok(session.revoke_others().await?.to_string())
}

/// The application on a store, by a clock that the test moves.
pub(crate) struct World<B = TestStore> {
    pub(crate) app: Router,
    pub(crate) sessions: SessionManager<Visitor, B>,
    pub(crate) store: B,
    pub(crate) clock: Arc<ManualClock>,
    events: Arc<Mutex<Vec<SessionEvent>>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|settings| settings)
    }

    pub(crate) fn with(settings: impl FnOnce(Settings<TestStore>) -> Settings<TestStore>) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let store = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
        Self::over(store, clock, settings)
    }

    /// Sessions in memory.
    pub(crate) fn rows(&self) -> usize {
        self.store.inner.statistics().sessions
    }
}

impl World<AnyStore> {
    pub(crate) async fn at(place: &Place) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self::over(place.store_on(clock.clone()).await, clock, |settings| settings.store_timeout(PATIENCE))
    }
}

impl<B: Store + Clone> World<B>
where
    Visitor: KeptBy<B>,
{
    pub(crate) fn over(store: B, clock: Arc<ManualClock>, settings: impl FnOnce(Settings<B>) -> Settings<B>) -> Self {
        [NAME, NOTICE].into_iter().for_each(record_value);
        let events = Arc::<Mutex<Vec<SessionEvent>>>::default();
        let seen = events.clone();
        let builder = SessionManager::builder(store.clone()).clock(clock.clone());
        let builder = builder.on_event(move |event| seen.lock().unwrap().push(*event));
        let sessions = settings(builder).build().unwrap();
        Self { app: routes().layer(sessions.layer()), sessions, store, clock, events }
    }

    /// The same with another layer.
    pub(crate) fn layered(self, layer: impl FnOnce(SessionLayer<Visitor>) -> SessionLayer<Visitor>) -> Self {
        Self { app: routes().layer(layer(self.sessions.layer())), ..self }
    }

    /// The same with one more route.
    pub(crate) fn routed(self, path: &str, route: MethodRouter) -> Self {
        Self { app: routes().route(path, route).layer(self.sessions.layer()), ..self }
    }
}

impl<B> World<B> {
    /// The names of the events since this was last asked.
    pub(crate) fn events(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.events.lock().unwrap()).iter().map(SessionEvent::name).collect()
    }

    pub(crate) async fn get(&self, browser: &mut Browser, path: &str) -> Response<Body> {
        browser.get(&self.app, path).await
    }

    pub(crate) async fn post(&self, browser: &mut Browser, path: &str) -> Response<Body> {
        browser.post(&self.app, path).await
    }

    /// A browser after these posts.
    pub(crate) async fn browser(&self, paths: &[&str]) -> Browser {
        let mut browser = Browser::default();
        for path in paths {
            assert_eq!(self.post(&mut browser, path).await.status(), StatusCode::OK, "{path}");
        }
        browser
    }

    /// What the session is to whoever has this browser: how it was found, whose it is, and its visits.
    pub(crate) async fn says(&self, browser: &Browser) -> String {
        body_text(browser.clone().get(&self.app, "/session").await).await
    }

    /// The same for a request with this Cookie header.
    pub(crate) async fn says_to(&self, cookie: &str) -> String {
        body_text(request(&self.app, "/session", &[("cookie", cookie)]).await).await
    }

    /// The answer to a post with this Cookie header.
    pub(crate) async fn post_with(&self, path: &str, cookie: &str) -> Response<Body> {
        send(&self.app, path, &[("cookie", cookie)]).await
    }
}

/// What the browser's cookie holds.
pub(crate) fn token(browser: &Browser) -> String {
    browser.cookie.as_deref().unwrap().strip_prefix("__Host-id=").unwrap().to_owned()
}

/// The Cookie header with this token.
pub(crate) fn cookie(token: &str) -> String {
    format!("__Host-id={token}")
}

/// The header lines of this name in a response.
pub(crate) fn lines(response: &Response<Body>, name: &str) -> Vec<String> {
    response.headers().get_all(name).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}
