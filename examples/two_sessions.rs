//! Gives visitors and administrators sessions of their own: two schemas, two managers, two layers and two cookies.
//!
//! Start it, then type:
//!
//! ```sh
//! cargo run --example two_sessions
//! curl --cookie-jar jar --cookie jar http://localhost:3000                          # sets __Host-id
//! curl --cookie-jar jar --cookie jar --data name=Ada http://localhost:3000/admin    # sets __Host-admin
//! curl --cookie-jar jar --cookie jar http://localhost:3000/admin                    # reads both
//! curl --cookie-jar jar --cookie jar --request DELETE http://localhost:3000/admin   # ends one
//! ```

use std::{error::Error, time::Duration};

use axum::{Form, Router, http::StatusCode, routing::get};
use scs::{CookieTransport, MemoryStore, SameSite, Session, SessionManager, TypedSession};
use serde::Deserialize;

#[derive(Session)]
struct Visitor {
    visits: u32,
}

#[derive(Session)]
struct Admin {
    #[session(renews)]
    name: Option<String>,
}

async fn home(visitor: TypedSession<Visitor>) -> String {
    visitor.update_visits(|visits| *visits += 1);
    format!("visit {}\n", visitor.visits())
}

async fn office(visitor: TypedSession<Visitor>, admin: TypedSession<Admin>) -> Result<String, StatusCode> {
    let name = admin.name().ok_or(StatusCode::FORBIDDEN)?;
    Ok(format!("administrator {name}, after {} visits\n", visitor.visits()))
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

/// Takes everybody at their word: the example `login` has the passwords.
async fn sign_in(admin: TypedSession<Admin>, Form(form): Form<SignIn>) -> StatusCode {
    admin.set_name(form.name);
    StatusCode::NO_CONTENT
}

async fn sign_out(admin: TypedSession<Admin>) -> StatusCode {
    admin.destroy();
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // One store may hold both: to each schema the sessions of the other do not exist.
    let store = MemoryStore::new();
    let visitors = SessionManager::<Visitor, _>::new(store.clone());
    let admins = SessionManager::<Admin, _>::builder(store)
        .idle_timeout(Duration::from_mins(10))
        .absolute_timeout(Duration::from_hours(1))
        .build()?;
    // Not even a link on another site arrives in the office signed in.
    let admin_cookie = CookieTransport::builder().name("__Host-admin").same_site(SameSite::Strict).build()?;

    let app = Router::new()
        .route("/admin", get(office).post(sign_in).delete(sign_out))
        // Only the routes above have a session for administrators.
        .layer(admins.layer().transport(admin_cookie))
        .route("/", get(home))
        .layer(visitors.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
