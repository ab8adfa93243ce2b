//! The application: each answer says what the session holds, a word for each field.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::Path,
    routing::{get, post},
};
use scs::{Session, SessionError, SessionManager, TypedSession, store::AnyStore};
use tokio::{net::TcpListener, task::JoinSet};

#[derive(Session)]
pub(crate) struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(merge = "add")]
    hits: u64,
    name: Option<String>,
    #[session(flash)]
    notice: Option<String>,
}

pub(crate) type Sessions = SessionManager<Visitor, AnyStore>;
type Visit = TypedSession<Visitor>;

pub(crate) fn app(sessions: &Sessions) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/login/{account}", post(login))
        .route("/logout", post(logout))
        .route("/renew", post(renew))
        .route("/hits", post(hit))
        .route("/name/{name}", post(set_name))
        .route("/notice/{notice}", post(set_notice))
        .route("/claim", post(claim))
        .layer(sessions.layer())
}

/// A server on a free port. It takes no more connections when this is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    _task: JoinSet<()>,
}

pub(crate) async fn serve(app: Router) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = async { axum::serve(listener, app).await.unwrap() };
    Server { address, _task: JoinSet::from_iter([task]) }
}

async fn show(session: Visit) -> String {
    let account = session.account().map_or_else(|| "-".to_owned(), |account| account.to_string());
    let word = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    format!("{account} {} {} {}", session.hits(), word(session.name()), word(session.peek_notice()))
}

async fn login(session: Visit, Path(account): Path<u64>) -> String {
    session.set_account(account);
    show(session).await
}

async fn logout(session: Visit) -> &'static str {
    session.destroy();
    "- 0 - -"
}

async fn renew(session: Visit) -> String {
    session.renew();
    show(session).await
}

async fn hit(session: Visit) -> String {
    session.add_hits(1);
    show(session).await
}

async fn set_name(session: Visit, Path(name): Path<String>) -> String {
    session.set_name(name);
    show(session).await
}

async fn set_notice(session: Visit, Path(notice): Path<String>) -> String {
    session.set_notice(notice);
    show(session).await
}

async fn claim(session: Visit) -> Result<String, SessionError> {
    let notice = session.claim_notice().await?;
    let shown = show(session).await;
    Ok(notice.map_or(shown.clone(), |notice| format!("{shown} {notice}")))
}
