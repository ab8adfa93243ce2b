use scs::sealed::{Key, NoRevocation, SealedCookies};

#[derive(scs::Session)]
struct Visitor {
    visits: u32,
}

fn main() {}

fn manage(key: Key) {
    let _ = scs::SessionManager::<Visitor, _>::new(SealedCookies::new(key, NoRevocation));
}
