//! A shop whose handlers are tested without a server, a socket or a sleep: `tests/it/examples/tested.rs` has the tests.
//!
//! Start it, then type:
//!
//! ```sh
//! cargo run --example tested
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/login/7
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/cart/tea
//! ```

use axum::{Router, extract::Path, http::StatusCode, routing::post};
use scs::{MemoryStore, Session, SessionLayer, SessionManager, TypedSession};

#[derive(Session)]
pub(crate) struct Shopper {
    #[session(index, renews)]
    pub(crate) account: Option<u64>,
    pub(crate) cart: Vec<String>,
}

/// Takes everybody at their word: the example `login` has the passwords.
async fn login(session: TypedSession<Shopper>, Path(account): Path<u64>) {
    session.set_account(account);
}

async fn add(session: TypedSession<Shopper>, Path(product): Path<String>) -> Result<String, StatusCode> {
    session.account().ok_or(StatusCode::UNAUTHORIZED)?;
    session.update_cart(move |cart| cart.push(product.clone()));
    Ok(format!("{}\n", session.cart().join(", ")))
}

/// The application without its store, so that tests can give it one.
pub(crate) fn app(sessions: SessionLayer<Shopper>) -> Router {
    Router::new().route("/login/{account}", post(login)).route("/cart/{product}", post(add)).layer(sessions)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Shopper, _>::new(MemoryStore::new());
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(sessions.layer())).await
}
