#[derive(scs::Session)]
#[session(sealed)]
struct Visitor {
    visits: u32,
}

type Sessions = scs::SessionManager<Visitor, scs::sealed::SealedCookies<scs::sealed::NoRevocation>>;

fn main() {}

fn every(sessions: &Sessions) {
    let _ = sessions.iterate();
}
