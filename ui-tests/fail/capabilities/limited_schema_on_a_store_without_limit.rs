// `MyStore`, which can do what every store can and nothing else.
include!("../../stores/five_methods.rs");

#[derive(scs::Session)]
struct Visitor {
    #[session(index(max = 3))]
    account: Option<u64>,
}

fn main() {
    let _ = scs::SessionManager::<Visitor, _>::new(MyStore);
}
