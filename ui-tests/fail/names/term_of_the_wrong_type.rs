use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index)]
    account: Option<u64>,
}

fn main() {
    let _ = Visitor::by_account("seven");
}
