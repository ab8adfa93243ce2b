use scs::Session;

#[derive(Session)]
struct Visitor {
    cart: Cart,
}

#[derive(Clone, Default, serde::Serialize)]
struct Cart;

fn main() {}
