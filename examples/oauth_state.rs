//! Signs in at another site (OAuth 2.0): the one-time `state` is kept in a short-lived session of its own.
//!
//! The other site is simulated by the routes under `/provider`. Start it, then open <http://localhost:3000> in a
//! browser, or type:
//!
//! ```sh
//! cargo run --example oauth_state
//! curl --cookie-jar jar --cookie jar --location http://localhost:3000/login
//! curl --cookie-jar jar --cookie jar "http://localhost:3000/callback?code=guessed&state=guessed"    # refused
//! ```

use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use maud::{DOCTYPE, Markup, html};
use scs::{CookieTransport, MemoryStore, Session, SessionError, SessionManager, TypedSession};
use serde::Deserialize;

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<String>,
}

/// Somebody who was sent to the provider and has not come back. With a provider that supports PKCE, the verifier is a
/// second field.
#[derive(Session)]
struct OauthAttempt {
    #[session(flash)]
    state: Option<String>,
}

async fn home(session: TypedSession<Visitor>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Home" } }
            body {
                @match session.account() {
                    Some(account) => { p { "Signed in as " (account) "." } }
                    None => { p { a href="/login" { "Sign in with the provider" } } }
                }
            }
        }
    }
}

async fn login(attempt: TypedSession<OauthAttempt>) -> Result<Redirect, Refusal> {
    let state = unguessable()?;
    attempt.set_state(state.as_str());
    Ok(Redirect::to(&format!("/provider/authorize?state={state}")))
}

#[derive(Deserialize)]
struct Callback {
    code: String,
    state: String,
}

/// Where the provider sends the browser back to.
async fn callback(
    session: TypedSession<Visitor>,
    attempt: TypedSession<OauthAttempt>,
    State(provider): State<Provider>,
    Query(callback): Query<Callback>,
) -> Result<Redirect, Refusal> {
    // Claiming gives the state to one callback only, also if others arrive before this one is done, and a wrong guess
    // uses it up. A link that somebody else prepared arrives in a browser without this attempt.
    let expected = attempt.claim_state().await?;
    if expected.as_ref() != Some(&callback.state) {
        return Err(Refusal::WrongState);
    }
    attempt.destroy();
    session.set_account(provider.redeem(&callback.code).await.ok_or(Refusal::WrongCode)?);
    Ok(Redirect::to("/"))
}

enum Refusal {
    WrongState,
    WrongCode,
    Random,
    Session(SessionError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::WrongState => (StatusCode::BAD_REQUEST, "This sign-in was not begun here.\n").into_response(),
            Self::WrongCode => (StatusCode::BAD_REQUEST, "The provider does not know this code.\n").into_response(),
            Self::Random => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::Session(error) => error.into_response(),
        }
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<getrandom::Error> for Refusal {
    fn from(_: getrandom::Error) -> Self {
        Self::Random
    }
}

fn unguessable() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Time for a second callback to come in between.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// Stands for the other site, at which the visitor is signed in as Ada. A real one redeems codes by a request of its
/// own, from server to server.
#[derive(Clone, Default)]
struct Provider {
    codes: Arc<Mutex<HashMap<String, String>>>,
}

impl Provider {
    fn issue(&self, account: &str) -> Result<String, getrandom::Error> {
        let code = unguessable()?;
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.insert(code.clone(), account.to_owned());
        Ok(code)
    }

    /// The account behind a code; once.
    async fn redeem(&self, code: &str) -> Option<String> {
        tokio::time::sleep(ROUND_TRIP).await;
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(code)
    }
}

#[derive(Deserialize)]
struct Authorize {
    state: String,
}

async fn authorize(State(provider): State<Provider>, Query(request): Query<Authorize>) -> Result<Redirect, Refusal> {
    // The text is only fit for a link because it is checked: base64url needs no escaping.
    URL_SAFE_NO_PAD.decode(&request.state).map_err(|_| Refusal::WrongState)?;
    let code = provider.issue("Ada")?;
    Ok(Redirect::to(&format!("/callback?code={code}&state={}", request.state)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = MemoryStore::new();
    let visitors = SessionManager::<Visitor, _>::new(store.clone());
    let minutes = Duration::from_mins(10);
    let attempts =
        SessionManager::<OauthAttempt, _>::builder(store).idle_timeout(minutes).absolute_timeout(minutes).build()?;
    // `Lax`, the default: with `Strict` the cookie would not come back with the redirect from another site.
    let attempt_cookie = CookieTransport::builder().name("__Host-oauth").build()?;

    let app = Router::new()
        .route("/login", get(login))
        .route("/callback", get(callback))
        .layer(attempts.layer().transport(attempt_cookie))
        .route("/", get(home))
        .layer(visitors.layer())
        .route("/provider/authorize", get(authorize))
        .with_state(Provider::default());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
