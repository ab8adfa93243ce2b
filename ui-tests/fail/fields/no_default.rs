use scs::Session;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Cart;

#[derive(Session)]
struct Visitor {
    cart: Cart,
}

fn main() {}
