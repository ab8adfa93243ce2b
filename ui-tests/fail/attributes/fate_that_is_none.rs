use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(on_login = "forget", on_logout = "clear")]
    cart: Vec<String>,
}

fn main() {}
