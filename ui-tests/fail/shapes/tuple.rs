use scs::Session;

#[derive(Session)]
struct Visitor(u64);

fn main() {}
