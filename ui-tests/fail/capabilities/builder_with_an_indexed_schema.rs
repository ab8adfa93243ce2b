// `MyStore`, which can do what every store can and nothing else.
include!("../../stores/five_methods.rs");

#[derive(scs::Session)]
struct Visitor {
    #[session(index)]
    account: Option<u64>,
}

fn main() {
    let _ = scs::SessionManager::<Visitor, _>::builder(MyStore);
}
