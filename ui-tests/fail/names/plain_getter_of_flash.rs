use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    #[session(flash)]
    notice: Option<String>,
}

fn handler(session: TypedSession<Visitor>) -> Option<String> {
    session.notice()
}

fn main() {
    let _ = handler;
}
