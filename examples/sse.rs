//! Server-sent events that go on where the visitor left off: each step is saved before it is told.
//!
//! Start it, then open <http://localhost:3000> in a browser and reload while it counts, or type, and interrupt and
//! repeat the last line:
//!
//! ```sh
//! cargo run --example sse
//! curl --no-buffer --cookie-jar jar --cookie jar http://localhost:3000/events
//! ```

use std::time::Duration;

use axum::{
    Router,
    response::{
        Html, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures_util::Stream;
use scs::{MemoryStore, Session, SessionError, SessionManager, TypedSession};

#[derive(Session)]
struct Listener {
    /// Adds up, so that two open windows count together.
    #[session(merge = "add")]
    told: u64,
}

async fn events(session: TypedSession<Listener>) -> Sse<impl Stream<Item = Result<Event, SessionError>>> {
    // The middleware saves this before the head leaves, which is where a new session's cookie must be.
    session.add_told(1);

    let mut pace = tokio::time::interval(Duration::from_millis(500));
    let events = async_stream::try_stream! {
        loop {
            pace.tick().await;
            yield Event::default().data(session.told().to_string());
            // The head has left and the middleware has done its work: from now on changes are saved by hand. If
            // the session has ended meanwhile, the error ends the stream.
            session.add_told(1);
            session.commit().await?;
        }
    };
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn forget(session: TypedSession<Listener>) -> &'static str {
    session.destroy();
    "forgotten\n"
}

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
    <title>Events</title>
    <p>The server has counted to <output></output>.</p>
    <script>
        const output = document.querySelector("output");
        new EventSource("/events").onmessage = (event) => (output.textContent = event.data);
    </script>
</html>
"#;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Listener, _>::new(MemoryStore::new());
    let app =
        Router::new().route("/", get(Html(PAGE))).route("/events", get(events).delete(forget)).layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
