use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn handler(session: TypedSession<Visitor>) {
    session.add_visits(1);
}

fn main() {
    let _ = handler;
}
