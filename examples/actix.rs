//! Sessions in actix-web: a counter, signing in and signing out.
//!
//! Start it, then type:
//!
//! ```sh
//! cargo run --example actix --features actix
//! curl --cookie-jar jar --cookie jar http://localhost:3000
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/login/7
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/logout
//! ```
//!
//! Between the two rulers is all that stands between scs and actix-web, which has types of its own for headers.

use actix_web::{
    App, Error, HttpMessage as _, HttpServer,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::{ErrorInternalServerError, ErrorServiceUnavailable},
    http::header::{HeaderName, HeaderValue},
    middleware::{Next, from_fn},
    web::{self, Data, Path, ReqData},
};
use scs::{MemoryStore, Session, SessionLayer, SessionManager, TypedSession};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
}

type Visit = ReqData<TypedSession<Visitor>>;

async fn home(session: Visit) -> String {
    session.update_visits(|visits| *visits += 1);
    let account = session.account().map_or("nobody".to_owned(), |account| format!("account {account}"));
    format!("visit {} of {account}\n", session.visits())
}

/// Takes everybody at their word: the example `login` has the passwords.
async fn login(session: Visit, account: Path<u64>) -> &'static str {
    session.set_account(*account);
    "welcome\n"
}

async fn logout(session: Visit) -> &'static str {
    session.destroy();
    "good bye\n"
}

// ------------------------------------------------------------------------------- between scs and actix-web

async fn with_session(
    sessions: Data<SessionLayer<Visitor>>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let session = sessions.open(&to_scs(request.headers())).await.map_err(ErrorServiceUnavailable)?;
    request.extensions_mut().insert(session.clone());
    let mut response = next.call(request).await?.map_into_boxed_body();

    let mut head = http::Response::new(());
    *head.status_mut() = http::StatusCode::from_u16(response.status().as_u16()).map_err(ErrorInternalServerError)?;
    *head.headers_mut() = to_scs(response.headers());
    if sessions.commit(&session, &mut head).await.is_err() {
        response = response.map_body(|_, _| BoxBody::new("please try again\n"));
    }
    write(&head, &mut response)?;
    Ok(response)
}

type Headers = actix_web::http::header::HeaderMap;

fn to_scs(headers: &Headers) -> http::HeaderMap {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes());
        // Both crates allow the same names and values, so none is left out.
        name.ok().zip(http::HeaderValue::from_bytes(value.as_bytes()).ok())
    };
    headers.iter().filter_map(header).collect()
}

fn write(head: &http::Response<()>, response: &mut ServiceResponse<BoxBody>) -> Result<(), Error> {
    let status = actix_web::http::StatusCode::from_u16(head.status().as_u16()).map_err(ErrorInternalServerError)?;
    *response.response_mut().status_mut() = status;
    let headers = response.headers_mut();
    headers.clear();
    for (name, value) in head.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).map_err(ErrorInternalServerError)?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(ErrorInternalServerError)?;
        headers.append(name, value);
    }
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let sessions = Data::new(SessionManager::<Visitor, _>::new(MemoryStore::new()).layer());
    let app = move || {
        App::new()
            .app_data(sessions.clone())
            .wrap(from_fn(with_session))
            .route("/", web::get().to(home))
            .route("/login/{account}", web::post().to(login))
            .route("/logout", web::post().to(logout))
    };
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let server = HttpServer::new(app).bind(address)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await
}
