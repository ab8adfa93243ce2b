//! The program that docs/from-axum-session.md converts, as it is afterwards.
//!
//! Start it, then type:
//!
//! ```sh
//! cargo run --example from_axum_session
//! curl --cookie-jar jar --cookie jar --location --data "" http://localhost:3000/login/7
//! curl --cookie-jar jar --cookie jar http://localhost:3000
//! ```

use axum::{
    Router,
    extract::Path,
    response::Redirect,
    routing::{get, post},
};
use scs::{MemoryStore, Session, SessionManager, TypedSession};

#[derive(Session)]
struct Visitor {
    #[session(renews)]
    account: Option<u64>,
    visits: u32,
    #[session(flash)]
    notice: Option<String>,
}

type Visit = TypedSession<Visitor>;

async fn home(session: Visit) -> String {
    session.update_visits(|visits| *visits += 1);
    let notice = session.pop_notice().unwrap_or_default();
    format!("{notice}visit {}\n", session.visits())
}

async fn login(session: Visit, Path(account): Path<u64>) -> Redirect {
    session.set_account(account);
    session.set_notice(format!("Welcome, {account}! "));
    session.remember(true);
    Redirect::to("/")
}

async fn logout(session: Visit) -> Redirect {
    session.destroy();
    Redirect::to("/")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(home))
        .route("/login/{account}", post(login))
        .route("/logout", post(logout))
        .layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
