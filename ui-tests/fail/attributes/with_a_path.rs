use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(serde::rename = "v")]
    visits: u32,
}

fn main() {}
