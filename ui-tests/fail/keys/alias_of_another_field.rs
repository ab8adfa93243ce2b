use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(alias = "count")]
    visits: u32,
    count: u32,
}

fn main() {}
