use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(merge = "union")]
    tags: Vec<String>,
}

fn main() {}
