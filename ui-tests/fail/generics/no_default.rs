use scs::Session;

#[derive(Session)]
struct Visitor<T: scs::SessionValue + Send + Sync + 'static> {
    value: T,
}

fn main() {}
