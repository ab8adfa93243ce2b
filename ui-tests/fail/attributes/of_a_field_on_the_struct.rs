use scs::Session;

#[derive(Session)]
#[session(flash)]
struct Visitor {
    notice: Option<String>,
}

fn main() {}
