//! What may happen to sessions, and what comes of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

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

/// Sequences of about twenty operations, which begin with a visitor who has no token.
pub(super) fn sequences() -> impl Strategy<Value = Vec<Operation>> {
    proptest::collection::vec(operation(), 1..40)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        10 => presented().prop_map(Operation::Open),
        2 => number().prop_map(Operation::Get),
        2 => (number(), 1..9_u64).prop_map(|(token, value)| Operation::Older(token, value)),
        40 => (number(), change()).prop_map(|(handle, call)| Operation::On(handle, call)),
        25 => (number(), whole()).prop_map(|(handle, call)| Operation::On(handle, call)),
        4 => term().prop_map(Operation::Find),
        1 => term().prop_map(Operation::RevokeAll),
        1 => number().prop_map(Operation::Revoke),
        1 => Just(Operation::Iterate),
        1 => Just(Operation::Purge),
        4 => passing().prop_map(Operation::Pass),
    ]
}

fn presented() -> impl Strategy<Value = Presented> {
    prop_oneof![
        3 => Just(Presented::Nothing),
        1 => Just(Presented::Malformed),
        1 => number().prop_map(Presented::Forged),
        20 => number().prop_map(Presented::Token),
    ]
}

/// Mostly the latest.
fn number() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0), 3 => Just(1), 2 => 2..5_usize]
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![(1..3_u64).prop_map(Term::Account), (1..3_u64).prop_map(Term::Team)]
}

/// Around the times at which something ends.
fn passing() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![1, 9, 10, 59, 60, 200, 599, 600, 1_799, 1_800, 3_600, 7_200, 40_000])
}

fn change() -> impl Strategy<Value = Call> {
    const SET: [&str; 9] = ["visits", "hits", "name", "notice", "otp", "draft", "captcha", "address", "page_size"];
    const REMOVED: [&str; 7] = ["account", "team", "visits", "name", "notice", "otp", "captcha"];
    prop_oneof![
        8 => (prop::sample::select(&SET[..]), 0..9_u64).prop_map(|(field, value)| Call::Set(field, value)),
        6 => (1..3_u64).prop_map(|account| Call::Set("account", account)),
        2 => (1..3_u64).prop_map(|team| Call::Set("team", team)),
        2 => proptest::collection::btree_set(1..5_u64, 0..3).prop_map(Call::SetTags),
        9 => update(),
        2 => (1..9_u64).prop_map(Call::Init),
        3 => prop::sample::select(&REMOVED[..]).prop_map(Call::Remove),
        3 => prop::sample::select(&["account", "name", "notice", "notice", "otp"][..]).prop_map(Call::Pop),
        1 => Just(Call::Keep),
        1 => (1..9_u64).prop_map(Call::Now),
        1 => (1..9_u64).prop_map(Call::Local),
    ]
}

fn update() -> impl Strategy<Value = Call> {
    prop_oneof![
        (1..9_u64).prop_map(|amount| Call::Update("visits", Change::Add(amount))),
        (0..9_u64).prop_map(|amount| Call::Update("hits", Change::Add(amount))),
        (1..9_u64).prop_map(|amount| Call::Update("page_size", Change::Add(amount))),
        (1..9_u64).prop_map(|item| Call::Update("cart", Change::Push(item))),
        Just(Call::Update("cart", Change::Shorten)),
        (1..5_u64).prop_map(|tag| Call::Update("tags", Change::Insert(tag))),
        (1..5_u64).prop_map(|tag| Call::Update("tags", Change::Discard(tag))),
    ]
}

fn whole() -> impl Strategy<Value = Call> {
    prop_oneof![
        12 => Just(Call::Commit),
        1 => Just(Call::Reload),
        2 => Just(Call::Claim),
        1 => Just(Call::Renew),
        1 => Just(Call::SignOut),
        1 => Just(Call::Clear),
        1 => Just(Call::Destroy),
        2 => any::<bool>().prop_map(Call::Remember),
        1 => prop::sample::select(vec![0, 300, 5_000, 50_000]).prop_map(Call::SetDeadline),
        2 => number().prop_map(Call::MergeFrom),
        1 => (1..3_u64).prop_map(Call::LoginWith),
        1 => Just(Call::RevokeOthers),
    ]
}
