//! Signs users in with a password, guards a page, lists the devices of an account and signs them out: all, or all others.
//!
//! Start it, then open <http://localhost:3000> in two browsers and sign in as `ada` with the password
//! `correct horse battery staple`, or type:
//!
//! ```sh
//! cargo run --example login
//! curl --cookie-jar jar --cookie jar --location --data name=ada \
//!     --data-urlencode "password=correct horse battery staple" http://localhost:3000/login
//! curl --cookie-jar jar --cookie jar --data "" http://localhost:3000/logout-elsewhere
//! curl --cookie-jar jar --cookie jar --data "" http://localhost:3000/logout-everywhere
//! ```
//!
//! The login, from the schema and the page to signing out, is the 38 lines of code between the two rulers. After
//! them come the guarded page, the passwords, and the program around it all.

use std::{collections::HashMap, error::Error, sync::Arc};

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use axum::{
    Form, RequestPartsExt, Router,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};
use scs::{MemoryStore, Session, SessionError, SessionManager, TypedSession};
use serde::Deserialize;

// ------------------------------------------------------------------------------------ the login

#[derive(Session)]
struct Visitor {
    /// Who is signed in. Setting it renews the token, so nobody can plant one before.
    #[session(index, renews)]
    account: Option<u64>,
    /// What the list of devices calls it.
    device: Option<String>,
}

fn login_page(complaint: &str) -> Markup {
    page(&html! {
        p role="alert" { (complaint) }
        form method="post" action="/login" {
            p { label { "Name " input name="name" autocomplete="username" required; } }
            p { label { "Password " input type="password" name="password" autocomplete="current-password" required; } }
            button { "Sign in" }
        }
    })
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn sign_in(
    session: TypedSession<Visitor>,
    State(app): State<App>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<Redirect, (StatusCode, Markup)> {
    let account = app.accounts.check(credentials).await;
    session.set_account(account.ok_or_else(|| (StatusCode::FORBIDDEN, login_page("Wrong name or password.")))?);
    if let Some(agent) = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()) {
        session.set_device(agent);
    }
    Ok(Redirect::to("/"))
}

async fn sign_out(session: TypedSession<Visitor>) -> Redirect {
    session.destroy();
    Redirect::to("/login")
}

// ---------------------------------------------------------------------------- the end of the login

/// Whoever is signed in: an argument of the handlers that need somebody.
struct SignedIn {
    account: u64,
    session: TypedSession<Visitor>,
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let session = parts.extract::<TypedSession<Visitor>>().await;
        let session = session.map_err(IntoResponse::into_response)?;
        let account = session.account().ok_or_else(|| Redirect::to("/login").into_response())?;
        Ok(Self { account, session })
    }
}

/// Ends every session of the account. This one is destroyed first, so that the browser forgets its
/// cookie whatever happens to the others.
async fn sign_out_everywhere(
    SignedIn { account, session }: SignedIn,
    State(app): State<App>,
) -> Result<Redirect, SessionError> {
    session.destroy();
    app.sessions.revoke_all(Visitor::by_account(account)).await?;
    Ok(Redirect::to("/login"))
}

/// Ends every other session of the account, as after a change of password. This one goes on with a new token.
async fn sign_out_elsewhere(SignedIn { session, .. }: SignedIn) -> Result<Redirect, SessionError> {
    session.revoke_others().await?;
    Ok(Redirect::to("/"))
}

async fn home(SignedIn { account, session }: SignedIn, State(app): State<App>) -> Result<Markup, SessionError> {
    let sessions = app.sessions.find(Visitor::by_account(account)).await?;
    Ok(page(&html! {
        p { "You are signed in to account " (account) "." }
        table {
            tr { th { "session" } th { "device" } th { "since" } th { "last seen" } }
            @for one in &sessions {
                tr {
                    td { code { (one.id()) } @if one.id() == session.id() { " (this one)" } }
                    td { (one.device().unwrap_or_default()) }
                    td { (humantime::format_rfc3339_seconds(one.created_at().into())) }
                    td { (humantime::format_rfc3339_seconds(one.last_seen().into())) }
                }
            }
        }
        form method="post" action="/logout" { button { "Log out" } }
        form method="post" action="/logout-elsewhere" { button { "Log out my other devices" } }
        form method="post" action="/logout-everywhere" { button { "Log out everywhere" } }
    }))
}

fn page(content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Accounts" } }
            body { h1 { "Accounts" } (content) }
        }
    }
}

struct Account {
    id: u64,
    password: PasswordHash,
}

/// Stands for the table of accounts in your database.
struct Accounts {
    by_name: HashMap<&'static str, Account>,
    /// Checked for names that do not exist.
    nobody: PasswordHash,
}

impl Accounts {
    fn new() -> Result<Self, password_hash::Error> {
        let ada = Account { id: 7, password: hash("correct horse battery staple")? };
        let grace = Account { id: 8, password: hash("a nanosecond is this long")? };
        Ok(Self { by_name: HashMap::from([("ada", ada), ("grace", grace)]), nobody: hash("")? })
    }

    /// The account, if the password is right.
    async fn check(self: Arc<Self>, credentials: Credentials) -> Option<u64> {
        // Hashing takes a processor and many milliseconds on purpose: too long for a thread that serves others.
        let checked = tokio::task::spawn_blocking(move || self.check_slowly(&credentials)).await;
        // A check that panicked let nobody in.
        checked.ok().flatten()
    }

    /// Takes as long for a name that does not exist, so that the time tells nobody which names do.
    fn check_slowly(&self, credentials: &Credentials) -> Option<u64> {
        let account = self.by_name.get(credentials.name.as_str());
        let expected = account.map_or(&self.nobody, |account| &account.password);
        let verdict = Argon2::default().verify_password(credentials.password.as_bytes(), expected);
        account.filter(|_| verdict.is_ok()).map(|account| account.id)
    }
}

/// The hash to keep in place of a password, with a random salt of its own.
fn hash(password: &str) -> Result<PasswordHash, password_hash::Error> {
    Argon2::default().hash_password(password.as_bytes())
}

#[derive(Clone)]
struct App {
    accounts: Arc<Accounts>,
    sessions: SessionManager<Visitor, MemoryStore>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = SessionManager::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(home))
        .route("/login", get(async || login_page("")).post(sign_in))
        .route("/logout", post(sign_out))
        .route("/logout-elsewhere", post(sign_out_elsewhere))
        .route("/logout-everywhere", post(sign_out_everywhere))
        .layer(sessions.layer())
        .with_state(App { accounts: Arc::new(Accounts::new()?), sessions });

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
