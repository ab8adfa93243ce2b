use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(version = 2)]
    visits: u32,
}

fn main() {}
