use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(secret = "yes")]
    key: String,
}

fn main() {}
