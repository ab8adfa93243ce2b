use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index(max = 3, over = "newest"))]
    account: Option<u64>,
}

fn main() {}
