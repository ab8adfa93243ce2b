use scs::{MemoryStore, Session, SessionManager};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn main() {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let _ = sessions.layer().transport("cookie");
}
