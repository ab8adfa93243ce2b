use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn handler(session: TypedSession<Visitor>) -> u32 {
    session.visit()
}

fn main() {
    let _ = handler;
}
