use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(indexed)]
    account: Option<u64>,
}

fn main() {}
