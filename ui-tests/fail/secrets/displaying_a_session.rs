use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn show(session: TypedSession<Visitor>) -> String {
    session.to_string()
}

fn main() {
    let _ = show;
}
