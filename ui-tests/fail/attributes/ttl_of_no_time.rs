use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(ttl = "0s")]
    otp: Option<String>,
}

fn main() {}
