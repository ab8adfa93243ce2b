#![deny(warnings)]

use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

async fn handler(session: TypedSession<Visitor>) {
    session.set_visits(3);
    session.commit();
}

fn main() {
    let _ = handler;
}
