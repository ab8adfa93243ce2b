use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(merge = "max")]
    visits: u32,
}

fn main() {}
