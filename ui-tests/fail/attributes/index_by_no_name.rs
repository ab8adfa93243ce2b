use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index(by = "by account"))]
    account: Option<u64>,
}

fn main() {}
