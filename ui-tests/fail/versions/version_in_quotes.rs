use scs::Session;

#[derive(Session)]
#[session(version = "2")]
struct Visitor {
    visits: u32,
}

fn main() {}
