//! The generated code names everything in full.
#![no_implicit_prelude]

#[derive(::scs::Session)]
#[session(version = 2, migrate(from = 1, with = step))]
struct Visitor {
    #[session(index, renews)]
    account: ::std::option::Option<u64>,
    #[session(merge = "add")]
    hits: u64,
    #[session(flash)]
    notice: ::std::option::Option<::std::string::String>,
    #[session(once, ttl = "1h")]
    device: ::std::string::String,
    #[session(skip, default = 3)]
    attempts: u8,
    #[session(rename = "l", alias = "lang", on_login = "drop", on_invalid = "error", secret)]
    language: ::std::string::String,
}

fn step(fields: &mut ::scs::RawFields) -> ::std::result::Result<(), ::scs::CodecError> {
    fields.remove("old");
    ::std::result::Result::Ok(())
}

fn main() {
    let _ = Visitor::by_account(7);
}
