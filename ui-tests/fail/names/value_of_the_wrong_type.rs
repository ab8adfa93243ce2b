use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn handler(session: TypedSession<Visitor>) -> String {
    session.visits()
}

fn main() {
    let _ = handler;
}
