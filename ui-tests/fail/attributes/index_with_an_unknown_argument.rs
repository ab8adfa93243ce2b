use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index(unique))]
    account: Option<u64>,
}

fn main() {}
