use scs::TypedSession;

enum Visitor {
    Guest,
}

fn handler(_: Option<TypedSession<Visitor>>) {}

fn main() {
    let _ = (handler, Visitor::Guest);
}
