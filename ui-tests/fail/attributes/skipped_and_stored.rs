use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(skip, index, ttl = "1h")]
    account: Option<u64>,
    #[session(skip, flash, rename = "n")]
    notice: Option<String>,
}

fn main() {}
