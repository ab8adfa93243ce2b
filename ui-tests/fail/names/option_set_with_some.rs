use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    account: Option<u64>,
}

fn handler(session: TypedSession<Visitor>) {
    session.set_account(Some(7));
}

fn main() {
    let _ = handler;
}
