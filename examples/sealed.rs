//! Keeps each session in its visitor's cookie, encrypted: the server stores nothing but a list of those that were ended.
//!
//! Start it, then open <http://localhost:3000> in a browser, or type:
//!
//! ```sh
//! cargo run --example sealed
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/theme/dark
//! curl --cookie-jar jar --cookie jar http://localhost:3000
//! ```
//!
//! Sessions survive a restart if the key does: `SESSION_KEY=… cargo run --example sealed`.

use std::{
    env,
    error::Error,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    extract::Path,
    routing::{get, post},
};
use scs::{
    MemoryStore, Session, SessionManager, TypedSession,
    sealed::{Key, RevocationList, SealedCookies},
};

static NEXT_CARD: AtomicU64 = AtomicU64::new(1);

#[derive(Session)]
#[session(sealed)]
struct Reader {
    /// A reader with a card is signed in. The list keeps sessions that were signed in to, and no others.
    #[session(renews)]
    card: Option<u64>,
    #[session(default = "light".to_owned())]
    theme: String,
    pages: u32,
}

async fn read(session: TypedSession<Reader>) -> String {
    if !session.has_card() {
        session.set_card(NEXT_CARD.fetch_add(1, Ordering::Relaxed));
    }
    session.update_pages(|pages| *pages += 1);
    format!("page {} of your visit, in {}\n", session.pages(), session.theme())
}

async fn choose(session: TypedSession<Reader>, Path(theme): Path<String>) {
    session.set_theme(theme);
}

/// A copy of the cookie that somebody kept is worthless afterwards, for the list says so.
async fn leave(session: TypedSession<Reader>) {
    session.destroy();
}

/// The key from the environment, or a new one for as long as the program runs.
fn key() -> Result<Key, Box<dyn Error>> {
    match env::var("SESSION_KEY") {
        Ok(text) => Ok(Key::parse(&text)?),
        Err(_) => Ok(Key::generate()?),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production the list is in a store that every server shares.
    let cookies = SealedCookies::new(key()?, RevocationList::new(MemoryStore::new())).application("reader");
    let sessions = SessionManager::<Reader, _>::new(cookies);
    let app = Router::new()
        .route("/", get(read))
        .route("/theme/{theme}", post(choose))
        .route("/leave", post(leave))
        .layer(sessions.layer());

    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
