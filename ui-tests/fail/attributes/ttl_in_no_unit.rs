use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(ttl = "10")]
    otp: Option<String>,
}

fn main() {}
