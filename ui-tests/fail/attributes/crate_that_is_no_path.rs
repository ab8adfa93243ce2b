use scs::Session;

#[derive(Session)]
#[session(crate = "my crate")]
struct Visitor {
    visits: u32,
}

fn main() {}
