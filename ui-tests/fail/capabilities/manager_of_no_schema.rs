use scs::{MemoryStore, SessionManager};

struct Visitor;

fn main() {
    let _ = SessionManager::<Visitor, _>::new(MemoryStore::new());
}
