//! A JSON interface for programs: the token travels in the `Authorization` header and comes back in `x-session-token`.
//!
//! Start it, then type:
//!
//! ```sh
//! cargo run --example bearer_api
//! curl --include --json '{"name": "ada"}' http://localhost:3000/session    # x-session-token: TOKEN
//! curl --header "Authorization: Bearer TOKEN" --json '{"text": "buy tea"}' http://localhost:3000/notes
//! curl --header "Authorization: Bearer TOKEN" http://localhost:3000/notes
//! curl --header "Authorization: Bearer TOKEN" --request DELETE http://localhost:3000/session
//! ```

use axum::{
    Json, RequestPartsExt, Router,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use scs::{HeaderTransport, MemoryStore, Session, SessionManager, SessionRejection, TypedSession};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Session)]
struct Client {
    #[session(renews)]
    name: Option<String>,
    notes: Vec<Note>,
}

#[derive(Serialize, Deserialize, Clone)]
struct Note {
    text: String,
}

/// The session of a program that has signed in.
struct SignedIn(TypedSession<Client>);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let session = parts.extract::<TypedSession<Client>>().await;
        let session = session.map_err(Refusal::Session)?;
        if session.has_name() { Ok(Self(session)) } else { Err(Refusal::SignInFirst) }
    }
}

enum Refusal {
    SignInFirst,
    Session(SessionRejection),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignInFirst => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
                let advice = Json(json!({ "error": "sign in with `POST /session` first" }));
                (StatusCode::UNAUTHORIZED, challenge, advice).into_response()
            }
            Self::Session(rejection) => rejection.into_response(),
        }
    }
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
}

/// Takes everybody at their word: the example `login` has the passwords.
async fn sign_in(session: TypedSession<Client>, Json(request): Json<SignIn>) -> StatusCode {
    session.set_name(request.name);
    StatusCode::NO_CONTENT
}

async fn sign_out(SignedIn(session): SignedIn) -> StatusCode {
    session.destroy();
    StatusCode::NO_CONTENT
}

async fn notes(SignedIn(session): SignedIn) -> Json<Vec<Note>> {
    Json(session.notes())
}

async fn add_note(SignedIn(session): SignedIn, Json(note): Json<Note>) -> (StatusCode, Json<Vec<Note>>) {
    session.update_notes(move |notes| notes.push(note.clone()));
    (StatusCode::CREATED, Json(session.notes()))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Client, _>::new(MemoryStore::new());
    let app = Router::new()
        .route("/session", post(sign_in).delete(sign_out))
        .route("/notes", get(notes).post(add_note))
        .layer(sessions.layer().transport(HeaderTransport::bearer()));

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
