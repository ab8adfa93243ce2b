use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

fn show(session: TypedSession<Visitor>) -> String {
    serde_json::to_string(&session).unwrap_or_default()
}

fn main() {
    let _ = show;
}
