use scs::Session;

#[derive(Session)]
#[session(nmae = "visitor")]
struct Visitor {
    #[session(index = true)]
    account: Option<u64>,
    #[session(ttl = "ten minutes")]
    otp: Option<String>,
    #[session(merge = "sum")]
    hits: u64,
    #[session(flash, flash)]
    notice: Option<String>,
}

// The accessors are there all the same, so that this is not an error too.
fn read(session: scs::TypedSession<Visitor>) -> u64 {
    session.hits()
}

fn main() {
    let _ = read;
}
