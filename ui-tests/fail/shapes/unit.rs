use scs::Session;

#[derive(Session)]
struct Visitor;

fn main() {}
