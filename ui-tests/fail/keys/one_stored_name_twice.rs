use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(rename = "count")]
    visits: u32,
    count: u32,
}

fn main() {}
