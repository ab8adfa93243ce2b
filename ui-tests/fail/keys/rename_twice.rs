use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(rename = "a", rename = "b")]
    visits: u32,
}

fn main() {}
