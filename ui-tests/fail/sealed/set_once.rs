#[derive(scs::Session)]
#[session(sealed)]
struct Visitor {
    #[session(once)]
    device: Option<String>,
}

fn main() {}
