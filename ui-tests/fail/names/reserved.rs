use scs::Session;

#[derive(Session)]
struct Visitor {
    id: u64,
    deadline: u64,
    clone: bool,
}

fn main() {}
