//! Under another name and behind a re-export, with nothing called `scs` in sight.
#![deny(warnings)]

mod framework {
    pub mod web {
        pub use ::scs as sessions;
    }
}

use framework::web::sessions::Session;

#[derive(Session)]
#[session(crate = "crate::framework::web::sessions", version = 2, migrate(from = 1, with = step))]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(merge = "add")]
    hits: u64,
    #[session(once, on_invalid = "destroy")]
    device: Option<String>,
    #[session(skip)]
    locale: Option<String>,
}

fn step(fields: &mut framework::web::sessions::RawFields) -> Result<(), framework::web::sessions::CodecError> {
    fields.rename("count", "hits");
    Ok(())
}

fn main() {
    let _ = Visitor::by_account(7);
}
