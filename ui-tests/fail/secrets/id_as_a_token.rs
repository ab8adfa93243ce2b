use scs::{MemoryStore, Session, SessionManager, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

async fn open(sessions: SessionManager<Visitor, MemoryStore>, session: TypedSession<Visitor>) {
    let _ = sessions.open(session.id()).await;
}

fn main() {
    let _ = open;
}
