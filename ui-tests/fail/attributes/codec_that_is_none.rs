use scs::Session;

#[derive(Session)]
#[session(codec = String)]
struct Visitor {
    visits: u32,
}

fn main() {}
