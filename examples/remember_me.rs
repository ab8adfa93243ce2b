//! Signs in with a "remember me" box: the cookie outlives the browser if it is ticked, and only then.
//!
//! Start it, then open <http://localhost:3000> in a browser, or type:
//!
//! ```sh
//! cargo run --example remember_me
//! curl --include --data name=Ada http://localhost:3000/login                        # no Max-Age
//! curl --include --data name=Ada --data remember=true http://localhost:3000/login   # Max-Age=2592000
//! ```

use std::{error::Error, time::Duration};

use axum::{
    Form, Router,
    response::Redirect,
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};
use scs::{MemoryStore, Session, SessionManager, TypedSession};
use serde::Deserialize;

const DAY: Duration = Duration::from_hours(24);

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    name: Option<String>,
}

async fn home(session: TypedSession<Visitor>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Remember me" } }
            body {
                @match session.name() {
                    Some(name) => {
                        p { "Hello " (name) "!" }
                        p { "You are signed out after " (in_words(session.expires_in())) " without a visit." }
                        form method="post" action="/logout" { button { "Log out" } }
                    }
                    None => (login_form()),
                }
            }
        }
    }
}

fn login_form() -> Markup {
    html! {
        form method="post" action="/login" {
            p { label { "Name " input name="name" autocomplete="username" required; } }
            p { label { input type="checkbox" name="remember" value="true"; " Remember me on this computer" } }
            button { "Sign in" }
        }
    }
}

fn in_words(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    humantime::format_duration(Duration::from_mins(minutes)).to_string()
}

#[derive(Deserialize)]
struct Login {
    name: String,
    /// Browsers send nothing at all for a box that is not ticked.
    #[serde(default)]
    remember: bool,
}

/// Takes everybody at their word: the example `login` has the passwords.
async fn login(session: TypedSession<Visitor>, Form(login): Form<Login>) -> Redirect {
    session.set_name(login.name);
    session.remember(login.remember);
    Redirect::to("/")
}

async fn logout(session: TypedSession<Visitor>) -> Redirect {
    session.destroy();
    Redirect::to("/")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sessions = SessionManager::<Visitor, _>::builder(MemoryStore::new())
        // These are the defaults: half an hour and a day, and if remembered two weeks and a month.
        .idle_timeout(Duration::from_mins(30))
        .absolute_timeout(DAY)
        .remembered_timeouts(14 * DAY, 30 * DAY)
        .build()?;
    let app = Router::new()
        .route("/", get(home))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
