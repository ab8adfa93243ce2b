use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(default = "many")]
    visits: u32,
}

fn main() {}
