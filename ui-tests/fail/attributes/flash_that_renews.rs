use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(flash, renews)]
    account: Option<u64>,
}

fn main() {}
