use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(alias = "hits", alias = "hits")]
    visits: u32,
}

fn main() {}
