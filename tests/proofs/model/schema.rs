//! The schema of the model's sessions: one field of every kind.

use std::collections::BTreeSet;

use scs::Session;

#[derive(Session)]
pub(super) struct Visitor {
    #[session(index(max = 2, over = "reject"))]
    pub(super) team: Option<u64>,
    #[session(index(max = 2), renews)]
    pub(super) account: Option<u64>,
    pub(super) visits: u64,
    #[session(merge = "add")]
    pub(super) hits: u64,
    #[session(alias = "nick")]
    pub(super) name: Option<u64>,
    pub(super) cart: Vec<u64>,
    #[session(flash)]
    pub(super) notice: Option<u64>,
    #[session(ttl = "10m")]
    pub(super) otp: Option<u64>,
    #[session(once)]
    pub(super) device: Option<u64>,
    #[session(merge = "union")]
    pub(super) tags: BTreeSet<u64>,
    #[session(merge = latest)]
    pub(super) draft: u64,
    #[session(on_login = "drop")]
    pub(super) captcha: Option<u64>,
    #[session(on_logout = "drop", secret)]
    pub(super) address: Option<u64>,
    #[session(default = 20)]
    pub(super) page_size: u64,
    #[session(skip)]
    pub(super) began: Option<u64>,
}

/// The same sessions as an older binary sees them.
#[derive(Session)]
#[session(name = "Visitor")]
pub(super) struct Older {
    pub(super) nick: Option<u64>,
    pub(super) legacy: u64,
}

/// Of two drafts the greater, unless only one was changed.
fn latest(base: u64, ours: u64, theirs: u64) -> u64 {
    if theirs == base { ours } else { ours.max(theirs) }
}
