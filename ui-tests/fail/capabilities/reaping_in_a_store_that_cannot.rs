// `MyStore`, which can do what every store can and nothing else.
include!("../../stores/five_methods.rs");

#[derive(scs::Session)]
struct Visitor {
    visits: u32,
}

fn main() {
    let sessions = scs::SessionManager::<Visitor, _>::new(MyStore);
    let _ = sessions.reaper(Duration::from_secs(60));
}
