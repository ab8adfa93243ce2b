use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(renews, on_logout = "keep")]
    account: Option<u64>,
}

fn main() {}
