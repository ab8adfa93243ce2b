use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index)]
    account: Option<u64>,
    visits: u32,
}

fn main() {
    let _ = Visitor::by_acount(7);
}
