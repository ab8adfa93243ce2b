use scs::Session;

#[derive(Clone, Default)]
struct Cart;

#[derive(Session)]
struct Visitor {
    cart: Cart,
}

fn main() {}
