use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(once, merge = "union")]
    tags: std::collections::BTreeSet<String>,
}

fn main() {}
