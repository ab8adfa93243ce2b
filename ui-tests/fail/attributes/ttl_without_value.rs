use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(ttl)]
    otp: Option<String>,
}

fn main() {}
