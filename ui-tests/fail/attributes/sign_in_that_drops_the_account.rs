use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(renews, on_login = "drop")]
    account: Option<u64>,
}

fn main() {}
