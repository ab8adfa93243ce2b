use scs::Session;

#[derive(Session)]
struct Visitor<'a> {
    name: std::borrow::Cow<'a, str>,
}

fn main() {}
