#[derive(scs::Session)]
struct Visitor {
    visits: u32,
}

fn main() {
    let _ = scs::SessionManager::<Visitor, _>::new("memory");
}
