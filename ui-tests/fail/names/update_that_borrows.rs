use scs::{Session, TypedSession};

#[derive(Session)]
struct Visitor {
    cart: Vec<String>,
}

fn handler(session: TypedSession<Visitor>) {
    let item = String::from("tea");
    session.update_cart(|cart| cart.push(item.clone()));
}

fn main() {
    let _ = handler;
}
