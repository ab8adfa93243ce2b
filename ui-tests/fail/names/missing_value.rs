use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn handler(session: TypedSession<Visitor>) {
    session.set_visits();
}

fn main() {
    let _ = handler;
}
