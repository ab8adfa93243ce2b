use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(default = 7)]
    account: Option<u64>,
}

fn main() {}
