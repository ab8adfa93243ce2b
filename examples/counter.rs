//! Counts visits, in the smallest program that has a session.
//!
//! Start it, then visit it twice with the same cookie jar, or open it in a browser:
//!
//! ```sh
//! cargo run --example counter
//! curl --cookie-jar jar --cookie jar http://localhost:3000
//! curl --cookie-jar jar --cookie jar http://localhost:3000
//! ```

use axum::{Router, routing::get};
use scs::{MemoryStore, Session, SessionManager, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

async fn home(session: TypedSession<Visitor>) -> String {
    let visits = session.update_visits(|visits| {
        *visits += 1;
        *visits
    });
    format!("visit {visits}\n")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let app = Router::new().route("/", get(home)).layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
