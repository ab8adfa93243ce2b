use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(persistent)]
    visits: u32,
}

fn main() {}
