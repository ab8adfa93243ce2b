//! Keeps other sites from posting its form: by the headers that browsers send, and by a token in the form.
//!
//! Start it, then open <http://localhost:3000> in a browser, or type:
//!
//! ```sh
//! cargo run --example csrf
//! curl --cookie-jar jar --cookie jar http://localhost:3000    # the form, with its token
//! curl --cookie-jar jar --cookie jar --data amount=5 --data csrf=forged http://localhost:3000/transfer    # 403
//! ```

use axum::{
    Form, Router,
    response::{Redirect, Result},
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};
use scs::{MemoryStore, Session, SessionError, SessionManager, TypedSession};
use serde::Deserialize;
use tower_http::csrf::CsrfLayer;

#[derive(Session)]
struct Customer {
    #[session(merge = "add")]
    given: u64,
}

async fn home(session: TypedSession<Customer>) -> Result<Markup, SessionError> {
    let token = session.csrf()?.token()?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Donations" } }
            body {
                h1 { "Donations" }
                p { "You gave " (session.given()) " coins." }
                form method="post" action="/transfer" {
                    input type="hidden" name="csrf" value=(token);
                    label { "How many? " input type="number" name="amount" min="1" value="1" required; }
                    " "
                    button { "Give" }
                }
            }
        }
    })
}

#[derive(Deserialize)]
struct Transfer {
    amount: u64,
    csrf: String,
}

/// A token that does not fit is answered 403.
async fn transfer(session: TypedSession<Customer>, Form(transfer): Form<Transfer>) -> Result<Redirect> {
    session.csrf()?.verify(&transfer.csrf)?;
    session.add_given(transfer.amount);
    Ok(Redirect::to("/"))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Customer, _>::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(home))
        .route("/transfer", post(transfer))
        .layer(sessions.layer())
        // Refuses what the browser itself says comes from another site, before anybody looks for a session.
        .layer(CsrfLayer::new());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
