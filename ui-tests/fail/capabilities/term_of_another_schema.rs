use scs::{MemoryStore, Session, SessionManager};

#[derive(Session)]
struct Visitor {
    #[session(index)]
    account: Option<u64>,
}

#[derive(Session)]
struct Admin {
    #[session(index)]
    account: Option<u64>,
}

fn main() {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let _ = sessions.find(Admin::by_account(7));
}
