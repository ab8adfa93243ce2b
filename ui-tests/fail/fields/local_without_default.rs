use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(skip)]
    began: std::time::Instant,
}

fn main() {}
