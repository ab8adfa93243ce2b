//! What moves from one session to another, by `merge_from` and `login_with`: who has it, for how long, and what ends it.

mod accounts;
mod ending;
mod halfway;
mod lifetimes;
mod limits;
mod two_requests;

use scs::{Outcome, Session, SessionManager, Token};

use crate::support::TestStore;

#[derive(Session)]
pub(super) struct Shopper {
    #[session(index, renews)]
    pub(super) account: Option<u64>,
    #[session(merge = "add")]
    pub(super) points: u64,
    #[session(flash)]
    pub(super) code: Option<String>,
    pub(super) label: Option<String>,
}

#[derive(Session)]
pub(super) struct Two {
    #[session(index, renews)]
    pub(super) account: Option<u64>,
    #[session(renews)]
    pub(super) role: Option<String>,
}

#[derive(Session)]
pub(super) struct Bound {
    #[session(index, renews, once)]
    pub(super) account: Option<u64>,
    pub(super) note: Option<String>,
}

type Sessions = SessionManager<Shopper, TestStore>;

fn parsed(token: &str) -> Token {
    Token::parse(token.as_bytes()).unwrap()
}

async fn outcome(sessions: &Sessions, token: &str) -> Outcome {
    sessions.open(token).await.unwrap().outcome()
}
