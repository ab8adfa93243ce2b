//! `kill -9` under load: what was acknowledged is there afterwards, and what was not is there as a whole or not at all.

mod books;
mod files;
mod load;
mod servers;

use scs::{Session, SessionManager, store::AnyStore};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    name: usize,
    #[session(merge = "add")]
    hits: u64,
    visits: u64,
}

type Sessions = SessionManager<Visitor, AnyStore>;
