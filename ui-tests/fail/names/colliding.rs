use scs::Session;

#[derive(Session)]
struct Visitor {
    name: String,
    set_name: bool,
}

fn main() {}
