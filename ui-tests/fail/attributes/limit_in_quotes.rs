use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index(max = "3"))]
    account: Option<u64>,
}

fn main() {}
