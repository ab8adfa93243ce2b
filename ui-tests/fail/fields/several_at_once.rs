use scs::Session;

#[derive(Session)]
struct Visitor {
    cart: Cart,
    visits: u32,
    other: Cart,
}

#[derive(Clone, Default)]
struct Cart;

fn main() {}
