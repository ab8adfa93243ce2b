#[derive(scs::Session)]
#[session(sealed)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
}

fn main() {}
