//! What may happen to sessions, and what comes of it.

use std::collections::BTreeSet;

use super::fields::{Change, Value};

/// One step of a sequence. Handles, tokens and sessions are meant by number, counted from the latest backwards.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    Open(Presented),
    /// An administrator opens a session by its id.
    Get(usize),
    /// An older binary, which knows two fields, writes them both.
    Older(usize, u64),
    On(usize, Call),
    Find(Term),
    RevokeAll(Term),
    Revoke(usize),
    Iterate,
    /// A second later, for what is written after its end lives for a moment.
    Purge,
    /// Time passes, in seconds.
    Pass(u64),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Presented {
    Nothing,
    Malformed,
    /// A token with another secret.
    Forged(usize),
    Token(usize),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Term {
    Account(u64),
    Team(u64),
}

/// What a request does to the session that it has open.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Set(&'static str, u64),
    /// Sets a list of these.
    SetTags(BTreeSet<u64>),
    Update(&'static str, Change),
    Init(u64),
    Remove(&'static str),
    Pop(&'static str),
    Keep,
    Now(u64),
    Claim,
    Local(u64),
    Renew,
    SignOut,
    Clear,
    Destroy,
    Remember(bool),
    /// In so many seconds.
    SetDeadline(u64),
    MergeFrom(usize),
    LoginWith(u64),
    RevokeOthers,
    Commit,
    Reload,
}

/// What an operation answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Nothing,
    Bool(bool),
    Value(Value),
    /// What an older binary counted to, and the number of a new token.
    Older(u64, Option<usize>),
    /// The number of a new or repeated token; or none is to be told.
    Committed(Option<usize>),
    /// The client is to forget its token.
    Forget,
    Refused(Refusal),
    /// The numbers of sessions, in order.
    Sessions(Vec<usize>),
    Count(usize),
    /// Nothing that the model knows.
    Failed(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Gone,
    SignInLost,
    LimitReached,
    AlreadySet,
}
