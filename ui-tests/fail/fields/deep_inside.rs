use scs::Session;

#[derive(Session)]
struct Visitor {
    carts: Vec<Option<Cart>>,
}

#[derive(Clone, Default)]
struct Cart;

fn main() {}
