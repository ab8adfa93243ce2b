//! Shows a message once: a form is posted, the browser is sent on, and the next page has the message.
//!
//! Start it, then open <http://localhost:3000> in a browser, or type:
//!
//! ```sh
//! cargo run --example flash
//! curl --cookie-jar jar --cookie jar --location --data address=ada@example.com http://localhost:3000/subscribe
//! curl --cookie-jar jar --cookie jar http://localhost:3000    # the message is gone
//! ```

use axum::{
    Form, Router,
    response::Redirect,
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};
use scs::{MemoryStore, Session, SessionManager, TypedSession};
use serde::Deserialize;

#[derive(Session)]
struct Visitor {
    #[session(flash)]
    notice: Option<String>,
}

async fn home(session: TypedSession<Visitor>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Newsletter" } }
            body {
                h1 { "Newsletter" }
                @if let Some(notice) = session.pop_notice() { p role="status" { (notice) } }
                form method="post" action="/subscribe" {
                    label { "Your e-mail address " input type="email" name="address" required; }
                    " "
                    button { "Subscribe" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Subscription {
    address: String,
}

/// Answers with a redirect, so that reloading the next page posts nothing again.
async fn subscribe(session: TypedSession<Visitor>, Form(subscription): Form<Subscription>) -> Redirect {
    session.set_notice(format!("{} will hear from us.", subscription.address));
    Redirect::to("/")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let app = Router::new().route("/", get(home)).route("/subscribe", post(subscribe)).layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
