//! Sessions on the connections that the application has already: here those of SeaORM.
//!
//! ```sh
//! DATABASE_URL=postgres://postgres@127.0.0.1/test cargo run --example existing_pool --features sea-orm
//! curl --cookie-jar jar --cookie jar http://localhost:3000
//! ```

use std::error::Error;

use axum::{Router, extract::State, routing::get};
use scs::{Session, SessionManager, TypedSession};
use scs_stores::PostgresStore;
use sea_orm::{Database, DatabaseConnection};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

async fn home(session: TypedSession<Visitor>, State(database): State<DatabaseConnection>) -> String {
    session.update_visits(|visits| *visits += 1);
    let database = if database.ping().await.is_ok() { "up" } else { "down" };
    format!("visit {}, and the database is {database}\n", session.visits())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1/test".to_owned());
    let database = Database::connect(url).await?;

    let store = PostgresStore::new(database.get_postgres_connection_pool().clone());
    store.migrate().await?;
    let sessions = SessionManager::<Visitor, _>::new(store);
    let app = Router::new().route("/", get(home)).layer(sessions.layer()).with_state(database);

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
