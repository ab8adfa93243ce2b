use axum::{Router, routing::get};
use scs::{MemoryStore, Session, SessionManager};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn main() {
    let sessions = SessionManager::<Visitor, _>::builder(MemoryStore::new());
    let _: Router = Router::new().route("/", get(|| async {})).layer(sessions.layer());
}
