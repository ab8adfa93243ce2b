use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(on_invalid = "panic")]
    visits: u32,
}

fn main() {}
