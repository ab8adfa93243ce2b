use scs::Session;

#[derive(Session)]
enum Visitor {
    Anonymous,
    SignedIn { account: u64 },
}

fn main() {}
