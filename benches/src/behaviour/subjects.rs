//! The same routes over each library, written as its documentation has it.

use std::pin::Pin;

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    routing::get,
};
use serde::Deserialize;

use crate::client::Gate;

pub struct Subject {
    pub name: &'static str,
    pub router: fn(Gate) -> Pin<Box<dyn Future<Output = Router>>>,
}

pub const SUBJECTS: &[Subject] = &[
    Subject { name: "scs", router: |gate| Box::pin(async { scs_routes::router(gate) }) },
    Subject { name: "tower-sessions 0.15", router: |gate| Box::pin(async { tower_routes::router(gate) }) },
    Subject { name: "axum_session 0.22", router: |gate| Box::pin(axum_routes::router(gate)) },
];

#[derive(Deserialize)]
struct Key {
    key: String,
}

mod scs_routes {
    use std::collections::BTreeMap;

    use scs::{MemoryStore, Session, SessionManager, TypedSession};

    use super::*;

    #[derive(Session)]
    struct Visitor {
        #[session(renews)]
        account: Option<u64>,
        number: u64,
        a: bool,
        b: bool,
        others: BTreeMap<String, bool>,
    }

    type Visit = TypedSession<Visitor>;

    fn put(session: &Visit, key: String) {
        match &*key {
            "a" => session.set_a(true),
            "b" => session.set_b(true),
            _ => session.update_others(move |others| {
                others.insert(key.clone(), true);
            }),
        }
    }

    fn keys(session: &Visit) -> String {
        let known = [("a", session.a()), ("b", session.b())];
        known.iter().filter(|(_, set)| *set).map(|(key, _)| *key).collect::<Vec<_>>().join(" ")
    }

    pub fn router(gate: Gate) -> Router {
        let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
        Router::new()
            .route("/set", get(|session: Visit, Query(Key { key })| async move { put(&session, key) }))
            .route(
                "/slow/set",
                get(|State(gate): State<Gate>, session: Visit, Query(Key { key })| async move {
                    let _ = session.number();
                    gate.pass().await;
                    put(&session, key);
                }),
            )
            .route("/count", get(|session: Visit| async move { session.update_number(|number| *number += 1) }))
            .route(
                "/slow/count",
                get(|State(gate): State<Gate>, session: Visit| async move {
                    session.update_number(|number| *number += 1);
                    gate.pass().await;
                }),
            )
            .route("/number", get(|session: Visit| async move { session.number().to_string() }))
            .route("/keys", get(|session: Visit| async move { keys(&session) }))
            .route("/login", get(|session: Visit| async move { session.set_account(7) }))
            .route("/logout", get(|session: Visit| async move { session.destroy() }))
            .route(
                "/account",
                get(|session: Visit| async move { session.account().map_or("none".to_owned(), |id| id.to_string()) }),
            )
            .route(
                "/fail",
                get(|session: Visit, Query(Key { key })| async move {
                    put(&session, key);
                    StatusCode::INTERNAL_SERVER_ERROR
                }),
            )
            .layer(sessions.layer())
            .with_state(gate)
    }
}

mod tower_routes {
    use tower_sessions::{MemoryStore, Session, SessionManagerLayer, session::Error};

    use super::*;

    /// The one error of a handler.
    struct Failed;

    impl From<Error> for Failed {
        fn from(_: Error) -> Self {
            Self
        }
    }

    impl axum::response::IntoResponse for Failed {
        fn into_response(self) -> axum::response::Response {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }

    async fn count(session: &Session, gate: Option<Gate>) -> Result<(), Failed> {
        let number = session.get::<u64>("number").await?.unwrap_or(0);
        if let Some(gate) = gate {
            gate.pass().await;
        }
        Ok(session.insert("number", number + 1).await?)
    }

    async fn keys(session: Session) -> Result<String, Failed> {
        let mut keys = Vec::new();
        for key in ["a", "b"] {
            keys.extend(session.get::<bool>(key).await?.map(|_| key));
        }
        Ok(keys.join(" "))
    }

    async fn account(session: Session) -> Result<String, Failed> {
        let account = session.get::<u64>("account").await?;
        Ok(account.map_or("none".to_owned(), |account| account.to_string()))
    }

    pub fn router(gate: Gate) -> Router {
        Router::new()
            .route(
                "/set",
                get(|session: Session, Query(Key { key })| async move {
                    session.insert(&key, true).await.map_err(Failed::from)
                }),
            )
            .route(
                "/slow/set",
                get(|State(gate): State<Gate>, session: Session, Query(Key { key })| async move {
                    session.get::<u64>("number").await?;
                    gate.pass().await;
                    session.insert(&key, true).await.map_err(Failed::from)
                }),
            )
            .route("/count", get(|session: Session| async move { count(&session, None).await }))
            .route(
                "/slow/count",
                get(|State(gate): State<Gate>, session: Session| async move { count(&session, Some(gate)).await }),
            )
            .route(
                "/number",
                get(|session: Session| async move {
                    Ok::<_, Failed>(session.get::<u64>("number").await?.unwrap_or(0).to_string())
                }),
            )
            .route("/keys", get(keys))
            .route(
                "/login",
                get(|session: Session| async move { session.insert("account", 7).await.map_err(Failed::from) }),
            )
            .route("/logout", get(|session: Session| async move { session.flush().await.map_err(Failed::from) }))
            .route("/account", get(account))
            .route(
                "/fail",
                get(|session: Session, Query(Key { key })| async move {
                    session.insert(&key, true).await?;
                    Err::<(), _>(Failed)
                }),
            )
            .layer(SessionManagerLayer::new(MemoryStore::default()))
            .with_state(gate)
    }
}

mod axum_routes {
    use axum_session::{Session, SessionConfig, SessionLayer, SessionNullPool, SessionStore};

    use super::*;

    type Visit = Session<SessionNullPool>;

    async fn count(session: Visit, gate: Option<Gate>) {
        let number = session.get::<u64>("number").unwrap_or(0);
        if let Some(gate) = gate {
            gate.pass().await;
        }
        session.set("number", number + 1);
    }

    async fn keys(session: Visit) -> String {
        ["a", "b"].into_iter().filter(|key| session.get::<bool>(key).is_some()).collect::<Vec<_>>().join(" ")
    }

    pub async fn router(gate: Gate) -> Router {
        let store = SessionStore::<SessionNullPool>::new(None, SessionConfig::default());
        let store = store.await.expect("a store in memory can always be made");
        Router::new()
            .route("/set", get(|session: Visit, Query(Key { key })| async move { session.set(&key, true) }))
            .route(
                "/slow/set",
                get(|State(gate): State<Gate>, session: Visit, Query(Key { key })| async move {
                    session.get::<u64>("number");
                    gate.pass().await;
                    session.set(&key, true);
                }),
            )
            .route("/count", get(|session: Visit| count(session, None)))
            .route("/slow/count", get(|State(gate): State<Gate>, session: Visit| count(session, Some(gate))))
            .route(
                "/number",
                get(|session: Visit| async move { session.get::<u64>("number").unwrap_or(0).to_string() }),
            )
            .route("/keys", get(keys))
            .route("/login", get(|session: Visit| async move { session.set("account", 7) }))
            .route("/logout", get(|session: Visit| async move { session.destroy() }))
            .route(
                "/account",
                get(|session: Visit| async move {
                    session.get::<u64>("account").map_or("none".to_owned(), |account| account.to_string())
                }),
            )
            .route(
                "/fail",
                get(|session: Visit, Query(Key { key })| async move {
                    session.set(&key, true);
                    StatusCode::INTERNAL_SERVER_ERROR
                }),
            )
            .layer(SessionLayer::new(store))
            .with_state(gate)
    }
}
