//! What those tests share that need no server.

#[path = "../it/support/around.rs"]
mod around;
#[path = "../it/support/client.rs"]
mod client;
#[path = "../it/support/leaks.rs"]
mod leaks;
#[path = "../it/support/sessions.rs"]
mod sessions;
#[path = "../it/support/sources.rs"]
mod sources;
#[path = "../it/support/store.rs"]
mod store;

pub(crate) use self::{
    around::{Around, Wrapped},
    client::{Browser, body_text, get, post, token_in},
    sessions::{DAY, HOUR, MINUTE, SECOND, START, bytes_of, commit, on_manual_clock, record_token, trace, unique},
    sources::root,
    store::{Fault, TestStore},
};
