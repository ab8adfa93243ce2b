use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(rename = "")]
    visits: u32,
}

fn main() {}
