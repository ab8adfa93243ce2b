//! The generated code names everything in full.
#![no_implicit_prelude]

#[derive(::scs::Session)]
struct Visitor {
    #[session(index, renews)]
    account: ::std::option::Option<u64>,
    #[session(merge = "add")]
    hits: u64,
    #[session(flash)]
    notice: ::std::option::Option<::std::string::String>,
    #[session(once, ttl = "1h")]
    device: ::std::string::String,
}

fn main() {
    let _ = Visitor::by_account(7);
}
