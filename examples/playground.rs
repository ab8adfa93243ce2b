//! The operations of a session, each behind a route of its own, for trying things out by hand and
//! for tests that come from outside.
//!
//! Start it, then open <http://localhost:3000> and click, or type:
//!
//! ```sh
//! cargo run --example playground -- --listen 127.0.0.1:3000 --store memory
//! curl --cookie-jar jar --cookie jar --request POST http://localhost:3000/visits
//! curl --cookie-jar jar --cookie jar http://localhost:3000/session
//! ```
//!
//! Every route but `/` and `/plain` takes `?sleep_ms=`, a pause between reading the session and
//! changing it, and `?status=`, the status to answer with.

#[path = "playground/options.rs"]
mod options;
#[path = "playground/requests.rs"]
mod requests;

use std::{collections::BTreeSet, convert::Infallible, error::Error, process::ExitCode};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    middleware::from_fn,
    response::{
        Html, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{delete, get, post, put},
};
use clap::Parser as _;
use futures_util::Stream;
use scs::{AlreadySet, Session, SessionError, SessionId, SessionManager, TypedSession, store::AnyStore};
use serde::Deserialize;
use serde_json::{Value, json};

use self::{options::Options, requests::Pause};

/// One field of every kind.
#[derive(Session)]
struct Visitor {
    /// The signed-in account.
    #[session(index, renews)]
    account: Option<u64>,
    visits: u64,
    #[session(merge = "add")]
    hits: u64,
    name: Option<String>,
    cart: Vec<String>,
    #[session(flash)]
    notice: Option<String>,
    #[session(ttl = "2s")]
    otp: Option<String>,
    #[session(once)]
    device: Option<String>,
    #[session(merge = "union")]
    tags: BTreeSet<String>,
}

type Visit = TypedSession<Visitor>;
type Sessions = SessionManager<Visitor, AnyStore>;

const DONE: StatusCode = StatusCode::NO_CONTENT;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("playground: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let sessions = options.manager().await?;
    let layer = sessions.layer().transport(options.transport());

    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes(sessions).layer(layer)).await?;
    Ok(())
}

fn routes(sessions: Sessions) -> Router {
    Router::new()
        .route("/session", get(show))
        .route("/visits", post(visit))
        .route("/hits", post(hit))
        .route("/name", put(set_name).delete(remove_name))
        .route("/notice", put(set_notice))
        .route("/notice/pop", post(pop_notice))
        .route("/notice/claim", post(claim_notice))
        .route("/otp", put(set_otp))
        .route("/device", put(init_device))
        .route("/cart/{item}", post(add_to_cart))
        .route("/tags/{tag}", put(add_tag))
        .route("/login/{account}", post(login))
        .route("/logout", post(logout))
        .route("/renew", post(renew))
        .route("/clear", post(clear))
        .route("/sessions", get(find).delete(revoke_all))
        .route("/sessions/{id}", delete(revoke))
        .route("/sessions/count", get(count))
        .route("/stream", get(stream))
        .layer(from_fn(requests::override_status))
        .route("/", get(Html(include_str!("playground/page.html"))))
        .route("/plain", get("ok"))
        .with_state(sessions)
}

async fn show(session: Visit, _: Pause) -> Json<Value> {
    Json(json!({
        "id": session.id().to_string(),
        "new": session.is_new(),
        "outcome": format!("{:?}", session.outcome()),
        "account": session.account(),
        "visits": session.visits(),
        "hits": session.hits(),
        "name": session.name(),
        "cart": session.cart(),
        "notice": session.peek_notice(),
        "otp": session.otp(),
        "device": session.device(),
        "tags": session.tags(),
        "expires_in_s": session.expires_in().as_secs(),
    }))
}

async fn visit(session: Visit, _: Pause) -> String {
    session.update_visits(|visits| *visits += 1);
    session.visits().to_string()
}

#[derive(Deserialize)]
struct Hits {
    #[serde(default = "Hits::one")]
    n: u64,
}

impl Hits {
    fn one() -> u64 {
        1
    }
}

async fn hit(session: Visit, _: Pause, Query(hits): Query<Hits>) -> String {
    session.add_hits(hits.n);
    session.hits().to_string()
}

async fn set_name(session: Visit, _: Pause, name: String) -> StatusCode {
    session.set_name(name);
    DONE
}

async fn remove_name(session: Visit, _: Pause) -> StatusCode {
    session.remove_name();
    DONE
}

async fn set_notice(session: Visit, _: Pause, notice: String) -> StatusCode {
    session.set_notice(notice);
    DONE
}

async fn pop_notice(session: Visit, _: Pause) -> Result<String, StatusCode> {
    session.pop_notice().ok_or(StatusCode::NOT_FOUND)
}

async fn claim_notice(session: Visit, _: Pause) -> Result<Result<String, StatusCode>, SessionError> {
    Ok(session.claim_notice().await?.ok_or(StatusCode::NOT_FOUND))
}

async fn set_otp(session: Visit, _: Pause, otp: String) -> StatusCode {
    session.set_otp(otp);
    DONE
}

async fn init_device(session: Visit, _: Pause, device: String) -> Result<StatusCode, AlreadySet> {
    session.init_device(device)?;
    Ok(DONE)
}

async fn add_to_cart(session: Visit, _: Pause, Path(item): Path<String>) -> StatusCode {
    session.update_cart(move |cart| cart.push(item.clone()));
    DONE
}

async fn add_tag(session: Visit, _: Pause, Path(tag): Path<String>) -> StatusCode {
    session.update_tags(move |tags| tags.insert(tag.clone()));
    DONE
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    remember: bool,
}

async fn login(session: Visit, _: Pause, Path(account): Path<u64>, Query(login): Query<Login>) -> StatusCode {
    session.set_account(account);
    session.remember(login.remember);
    DONE
}

async fn logout(session: Visit, _: Pause) -> StatusCode {
    session.destroy();
    DONE
}

async fn renew(session: Visit, _: Pause) -> StatusCode {
    session.renew();
    DONE
}

async fn clear(session: Visit, _: Pause) -> StatusCode {
    session.clear();
    DONE
}

#[derive(Deserialize)]
struct Of {
    account: u64,
}

async fn find(
    session: Visit,
    _: Pause,
    State(sessions): State<Sessions>,
    Query(of): Query<Of>,
) -> Result<Json<Vec<Value>>, SessionError> {
    let found = sessions.find(Visitor::by_account(of.account)).await?;
    let listed = found.iter().map(|found| {
        json!({
            "id": found.id().to_string(),
            "created": found.created_at().as_unix_millis(),
            "current": found.id() == session.id(),
        })
    });
    Ok(Json(listed.collect()))
}

async fn revoke_all(
    _: Visit,
    _: Pause,
    State(sessions): State<Sessions>,
    Query(of): Query<Of>,
) -> Result<String, SessionError> {
    let revoked = sessions.revoke_all(Visitor::by_account(of.account)).await?;
    Ok(revoked.to_string())
}

async fn revoke(
    _: Visit,
    _: Pause,
    State(sessions): State<Sessions>,
    Path(id): Path<String>,
) -> Result<StatusCode, SessionError> {
    let Ok(id) = id.parse::<SessionId>() else { return Ok(StatusCode::NOT_FOUND) };
    let revoked = sessions.revoke(id).await?;
    Ok(if revoked { DONE } else { StatusCode::NOT_FOUND })
}

async fn count(_: Visit, _: Pause, State(sessions): State<Sessions>) -> Result<String, SessionError> {
    let mut all = sessions.iterate();
    let mut count = 0_u64;
    while all.next().await?.is_some() {
        count += 1;
    }
    Ok(count.to_string())
}

async fn stream(session: Visit, _: Pause) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, SessionError> {
    session.add_hits(1);
    session.commit().await?;
    let events = async_stream::stream! {
        yield Ok(Event::default().data(session.hits().to_string()));
        for _ in 0..4 {
            requests::between_events().await;
            session.add_hits(1);
            if session.commit().await.is_err() {
                break;
            }
            yield Ok(Event::default().data(session.hits().to_string()));
        }
    };
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
