#![deny(missing_docs, dead_code, unused)]
//! Every attribute, private and public fields, and nothing left to warn about.

use std::collections::BTreeSet;

use scs::Session;

#[derive(Session)]
#[session(version = 3, migrate(from = 1, with = first), migrate(from = 2, with = second))]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index(by = "with_mail", max = 3, over = "reject"))]
    mail: Option<String>,
    #[session(merge = "add")]
    hits: u64,
    #[session(merge = "union", ttl = "10m")]
    tags: BTreeSet<String>,
    #[session(merge = longest)]
    draft: String,
    #[session(flash)]
    notice: Option<String>,
    #[session(once)]
    device: Option<u32>,
    #[session(default = 20)]
    page_size: u32,
    r#type: bool,
    #[session(rename = "lang", alias = "language", alias = "locale")]
    language: Option<String>,
    #[session(on_login = "drop", on_logout = "drop", secret)]
    captcha: Option<String>,
    #[session(on_login = "keep", on_logout = "keep", on_invalid = "default")]
    cart: Vec<String>,
    #[session(on_invalid = "destroy")]
    roles: Vec<String>,
    #[session(on_invalid = "error")]
    balance: i64,
    #[session(skip, secret, default = 3)]
    attempts: u8,
}

fn first(_: &mut scs::RawFields) -> Result<(), scs::CodecError> {
    Ok(())
}

fn second(_: &mut scs::RawFields) -> Result<(), &'static str> {
    Err("refused")
}

fn longest(_base: String, ours: String, theirs: String) -> String {
    if ours.len() > theirs.len() { ours } else { theirs }
}

/// A schema that other crates see.
#[derive(Session)]
#[session(name = "public", crate = "scs")]
pub struct Public {
    /// How often.
    pub visits: u32,
    pub(crate) hidden: u32,
}

fn use_everything(session: &scs::TypedSession<Visitor>, public: &scs::TypedSession<Public>) {
    session.set_account(7_u64);
    session.set_mail("ada@example.com");
    session.add_hits(1);
    session.update_tags(|tags| tags.insert("new".to_owned()));
    session.set_draft(String::new());
    session.set_notice("hello");
    let _ = session.init_device(1);
    let _ = (session.page_size(), session.r#type(), session.tags_expires_in(), public.hidden(), public.visits());
    let _ = (Visitor::by_account(7), Visitor::with_mail("ada@example.com"));
}

fn main() {
    let _: fn(&scs::TypedSession<Visitor>, &scs::TypedSession<Public>) = use_everything;
}
