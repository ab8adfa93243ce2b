use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(alias = "visits")]
    visits: u32,
}

fn main() {}
