use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index)]
    account: Option<u64>,
}

impl Visitor {
    fn by_account(_: u64) {}
}

fn main() {}
