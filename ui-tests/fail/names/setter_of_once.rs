use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    #[session(once)]
    device: Option<String>,
}

fn handler(session: TypedSession<Visitor>) {
    session.set_device("phone");
}

fn main() {
    let _ = handler;
}
