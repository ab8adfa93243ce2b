use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(skip)]
    connection: Option<Connection>,
}

struct Connection;

fn main() {}
