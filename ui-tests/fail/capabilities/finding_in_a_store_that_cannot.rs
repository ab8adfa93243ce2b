// `MyStore`, which can do what every store can and nothing else.
include!("../../stores/five_methods.rs");

#[derive(scs::Session)]
struct Visitor {
    visits: u32,
}

fn search(sessions: scs::SessionManager<Visitor, MyStore>, term: scs::TypedTerm<Visitor>) {
    let _ = sessions.find(term);
}

fn main() {
    let _ = search;
}
