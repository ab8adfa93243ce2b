use scs::Session;

#[derive(Session)]
struct Visitor<T: Default + 'static> {
    value: T,
}

fn main() {}
