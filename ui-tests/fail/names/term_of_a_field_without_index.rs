use scs::Session;

#[derive(Session)]
struct Visitor {
    account: Option<u64>,
}

fn main() {
    let _ = Visitor::by_account(7);
}
