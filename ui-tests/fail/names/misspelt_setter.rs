use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
    account: Option<u64>,
}

fn handler(session: TypedSession<Visitor>) {
    session.set_vists(3);
}

fn main() {
    let _ = handler;
}
