//! A socket that keeps a diary in the session: opened at the upgrade, saved with each message, closed by a logout.
//!
//! Start it, then open <http://localhost:3000> in two windows of a browser, and log out in one of them:
//!
//! ```sh
//! cargo run --package scs-example-websocket --example websocket
//! ```

use std::time::Duration;

use axum::{
    Router,
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    response::{Html, Redirect, Response},
    routing::{get, post},
};
use scs::{MemoryStore, Session, SessionError, SessionManager, TypedSession};

/// A line of a diary, not a file.
const LONGEST_MESSAGE: usize = 1024;

/// How long a socket may stay open after a logout elsewhere.
const CHECK_PERIOD: Duration = Duration::from_secs(1);

#[derive(Session)]
struct Writer {
    sockets: u32,
    diary: Vec<String>,
}

/// The cookie's `SameSite=Lax` keeps scripts of other sites from opening this socket in the writer's name.
async fn upgrade(session: TypedSession<Writer>, upgrade: WebSocketUpgrade) -> Response {
    // A socket cannot set a cookie any more. This change makes sure that there is a session, and its cookie is in the
    // head of the upgrade.
    session.update_sockets(|sockets| *sockets += 1);
    upgrade.max_message_size(LONGEST_MESSAGE).on_upgrade(move |socket| talk(socket, session))
}

async fn talk(mut socket: WebSocket, session: TypedSession<Writer>) {
    let mut check = tokio::time::interval(CHECK_PERIOD);
    loop {
        let reply = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(line))) => note(&session, &line).await.map(Some),
                Some(Ok(_)) => Ok(None),
                Some(Err(_)) | None => return,
            },
            // Whoever has logged out elsewhere may say nothing here for hours.
            _ = check.tick() => session.reload().await.map(|()| None),
        };
        let message = match reply {
            Ok(None) => continue,
            Ok(Some(text)) => Message::text(text),
            Err(error) => Message::Close(Some(farewell(&error))),
        };
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Adds a line to what the diary has by now, whoever has written in it, and saves it.
async fn note(session: &TypedSession<Writer>, line: &str) -> Result<String, SessionError> {
    let line = line.to_owned();
    session.update_diary(move |diary| diary.push(line.clone()));
    session.commit().await?;
    Ok(format!("lines: {}", session.with_diary(Vec::len)))
}

fn farewell(error: &SessionError) -> CloseFrame {
    let (code, reason) = match error {
        SessionError::Gone => (close_code::POLICY, "your session has ended"),
        _ if error.is_transient() => (close_code::AGAIN, "please try again later"),
        _ => (close_code::ERROR, "this cannot be saved"),
    };
    CloseFrame { code, reason: Utf8Bytes::from_static(reason) }
}

async fn diary(session: TypedSession<Writer>) -> String {
    session.diary().join("\n")
}

async fn logout(session: TypedSession<Writer>) -> Redirect {
    session.destroy();
    Redirect::to("/")
}

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
    <title>Diary</title>
    <form><input aria-label="a line" name="line" maxlength="200" required> <button>Write</button></form>
    <form method="post" action="/logout"><button>Log out</button></form>
    <p><output></output></p>
    <script>
        const output = document.querySelector("output");
        const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
        socket.onmessage = (event) => (output.textContent = event.data);
        socket.onclose = (event) => (output.textContent = `closed: ${event.reason}`);
        document.querySelector("form").onsubmit = (event) => {
            event.preventDefault();
            socket.send(new FormData(event.target).get("line"));
            event.target.reset();
        };
    </script>
</html>
"#;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Writer, _>::new(MemoryStore::new());
    let app = Router::new()
        .route("/", get(Html(PAGE)))
        .route("/socket", get(upgrade))
        .route("/diary", get(diary))
        .route("/logout", post(logout))
        .layer(sessions.layer());

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
