#![deny(missing_docs, dead_code, unused)]
//! Every attribute, private and public fields, and nothing left to warn about.

use std::collections::BTreeSet;

use scs::Session;

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index(by = "with_mail"))]
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
