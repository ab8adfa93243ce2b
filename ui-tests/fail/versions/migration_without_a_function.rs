use scs::Session;

#[derive(Session)]
#[session(version = 2, migrate(from = 1))]
struct Visitor {
    visits: u32,
}

fn main() {}
