use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    #[session(skip)]
    locale: Option<String>,
}

fn handler(session: TypedSession<Visitor>) {
    let _ = session.locale_expires_in();
}

fn main() {
    let _ = handler;
}
