//! Sessions in a server of hyper, without tower: a counter, signing in and signing out.
//!
//! Start it, then type:
//!
//! ```sh
//! cargo run --example hyper --features hyper
//! curl --cookie-jar jar --cookie jar http://localhost:3000
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/login/7
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/logout
//! ```

use std::convert::Infallible;

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use scs::{MemoryStore, Session, SessionLayer, SessionManager, TypedSession};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
}

type Page = Response<Full<Bytes>>;

async fn serve(sessions: &SessionLayer<Visitor>, request: &Request<Incoming>) -> Page {
    let session = match sessions.open(request.headers()).await {
        Ok(session) => session,
        Err(error) => {
            eprintln!("the session was not opened: {error}");
            return page(StatusCode::SERVICE_UNAVAILABLE, "please try again\n");
        }
    };
    let mut response = route(request, &session);
    if sessions.commit(&session, &mut response).await.is_err() {
        *response.body_mut() = Full::from("please try again\n");
    }
    response
}

fn route(request: &Request<Incoming>, session: &TypedSession<Visitor>) -> Page {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => home(session),
        (&Method::POST, "/logout") => logout(session),
        (&Method::POST, path) => match path.strip_prefix("/login/").and_then(|account| account.parse().ok()) {
            Some(account) => login(session, account),
            None => page(StatusCode::NOT_FOUND, "no such page\n"),
        },
        _ => page(StatusCode::NOT_FOUND, "no such page\n"),
    }
}

fn home(session: &TypedSession<Visitor>) -> Page {
    session.update_visits(|visits| *visits += 1);
    let account = session.account().map_or("nobody".to_owned(), |account| format!("account {account}"));
    page(StatusCode::OK, format!("visit {} of {account}\n", session.visits()))
}

/// Takes everybody at their word: the example `login` has the passwords.
fn login(session: &TypedSession<Visitor>, account: u64) -> Page {
    session.set_account(account);
    page(StatusCode::OK, "welcome\n")
}

fn logout(session: &TypedSession<Visitor>) -> Page {
    session.destroy();
    page(StatusCode::OK, "good bye\n")
}

fn page(status: StatusCode, text: impl Into<Bytes>) -> Page {
    let mut page = Response::new(Full::new(text.into()));
    *page.status_mut() = status;
    page
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new()).layer();
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let sessions = sessions.clone();
        tokio::spawn(async move {
            let service = service_fn(async |request| Ok::<_, Infallible>(serve(&sessions, &request).await));
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}
