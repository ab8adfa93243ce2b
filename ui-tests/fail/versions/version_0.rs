use scs::Session;

#[derive(Session)]
#[session(version = 0)]
struct Visitor {
    visits: u32,
}

fn main() {}
