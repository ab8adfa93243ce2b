// `MyStore`, which can do what every store can and nothing else.
include!("../../stores/five_methods.rs");

fn main() {
    let _ = scs::store::AnyStore::new(MyStore);
}
