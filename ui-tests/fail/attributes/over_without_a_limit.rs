use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index(over = "oldest"))]
    account: Option<u64>,
}

fn main() {}
