#[derive(scs::Session)]
#[session(sealed = true)]
struct Visitor {
    visits: u32,
}

fn main() {}
