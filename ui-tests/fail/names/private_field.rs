use scs::TypedSession;

mod schema {
    #[derive(scs::Session)]
    pub struct Visitor {
        visits: u32,
    }
}

fn handler(session: TypedSession<schema::Visitor>) -> u32 {
    session.visits()
}

fn main() {
    let _ = handler;
}
