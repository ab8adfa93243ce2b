#[derive(scs::Session)]
#[session(sealed)]
struct Visitor {
    #[session(flash)]
    notice: Option<String>,
}

fn main() {}

async fn claim(session: scs::TypedSession<Visitor>) {
    let _ = session.claim_notice().await;
}
