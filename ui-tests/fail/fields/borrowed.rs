use scs::Session;

#[derive(Session)]
struct Visitor {
    name: &'static str,
}

fn main() {}
