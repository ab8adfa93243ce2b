use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(ttl = 600)]
    otp: Option<String>,
}

fn main() {}
