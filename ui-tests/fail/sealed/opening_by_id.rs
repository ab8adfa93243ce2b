#[derive(scs::Session)]
#[session(sealed)]
struct Visitor {
    visits: u32,
}

type Sessions = scs::SessionManager<Visitor, scs::sealed::SealedCookies<scs::sealed::NoRevocation>>;

fn main() {}

async fn open(sessions: &Sessions, id: scs::SessionId) {
    let _ = sessions.get(id).await;
}
