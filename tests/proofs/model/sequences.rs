//! Sequences of operations: mostly about one thing, so that it happens often enough to go wrong.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    fields::Change,
    operation::{Call, Operation, Presented, Term},
};

/// About twenty operations.
pub(super) fn sequences() -> impl Strategy<Value = Vec<Operation>> {
    prop_oneof![
        3 => vec(anything(), 1..40),
        3 => conflicts().prop_map(|then| [meeting(), then].concat()),
        3 => vec(sign_in(), 1..10).prop_map(|sign_ins| sign_ins.concat()),
        1 => vec(renewal(), 1..30).prop_map(|then| [vec![open()], visit(), then].concat()),
    ]
}

fn anything() -> impl Strategy<Value = Operation> {
    prop_oneof![
        10 => presented().prop_map(Operation::Open),
        2 => number().prop_map(Operation::Get),
        2 => (number(), 1..9_u64).prop_map(|(token, value)| Operation::Older(token, value)),
        40 => on(change()),
        15 => on(Just(Call::Commit)),
        15 => on(whole()),
        4 => term().prop_map(Operation::Find),
        1 => term().prop_map(Operation::RevokeAll),
        1 => number().prop_map(Operation::Revoke),
        1 => Just(Operation::Iterate),
        1 => Just(Operation::Purge),
        4 => seconds().prop_map(Operation::Pass),
    ]
}

const fn open() -> Operation {
    Operation::Open(Presented::Nothing)
}

fn visit() -> Vec<Operation> {
    vec![Operation::On(0, Call::Set("visits", 1)), Operation::On(0, Call::Commit)]
}

/// Two requests have read one session, in which there is something; another has an account.
fn meeting() -> Vec<Operation> {
    let other = [Call::Set("account", 1), Call::Set("hits", 3), Call::Commit].map(|call| Operation::On(0, call));
    let changes = [Call::Set("notice", 1), Call::SetTags([1, 2].into()), Call::Set("hits", 5), Call::Commit];
    let changes = changes.map(|call| Operation::On(0, call));
    let opened = [(); 2].map(|()| Operation::Open(Presented::Token(0)));
    [&[open()], &other[..], &[open()], &changes[..], &opened[..]].concat()
}

/// Both do the same kind of things.
fn conflicts() -> impl Strategy<Value = Vec<Operation>> {
    prop_oneof![vec(conflict(notice()), 1..20), vec(conflict(merged()), 1..20), vec(conflict(change()), 1..20)]
}

fn conflict(change: impl Strategy<Value = Call>) -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => Just(Operation::Open(Presented::Token(0))),
        1 => (0..2_usize, 1..9_u64).prop_map(|(token, value)| Operation::Older(token, value)),
        12 => (0..2_usize, change).prop_map(|(handle, call)| Operation::On(handle, call)),
        8 => (0..2_usize).prop_map(|handle| Operation::On(handle, Call::Commit)),
        2 => (0..2_usize, whole()).prop_map(|(handle, call)| Operation::On(handle, call)),
    ]
}

fn notice() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => (1..4_u64).prop_map(|notice| Call::Set("notice", notice)),
        4 => Just(Call::Pop("notice")),
        2 => Just(Call::Claim),
        1 => Just(Call::Keep),
        1 => (1..9_u64).prop_map(Call::Now),
        1 => Just(Call::Remove("notice")),
        2 => (1..4_u64).prop_map(|name| Call::Set("name", name)),
    ]
}

fn merged() -> impl Strategy<Value = Call> {
    prop_oneof![
        2 => (select(vec!["hits", "draft"]), 0..9_u64).prop_map(|(field, value)| Call::Set(field, value)),
        2 => tags(),
        4 => update(),
        1 => (1..9_u64).prop_map(Call::Init),
        1 => account().prop_map(Call::LoginWith),
    ]
}

fn tags() -> impl Strategy<Value = Call> {
    proptest::collection::btree_set(1..5_u64, 0..3).prop_map(Call::SetTags)
}

/// A visitor who signs in, or what others of the account do then.
fn sign_in() -> impl Strategy<Value = Vec<Operation>> {
    let signs_in = prop_oneof![
        4 => account().prop_map(|account| Call::Set("account", account)),
        2 => account().prop_map(|team| Call::Set("team", team)),
        2 => account().prop_map(Call::LoginWith),
        2 => number().prop_map(Call::MergeFrom),
    ];
    let first = prop_oneof![3 => change(), 1 => Just(Call::Set("captcha", 1))];
    let visitor = (on_latest(first), on_latest(signs_in));
    let visitor =
        visitor.prop_map(|(first, then)| vec![open(), first, then, Operation::On(0, Call::Commit), Operation::Pass(1)]);
    let other = prop_oneof![
        3 => on(Just(Call::Commit)),
        1 => on(Just(Call::RevokeOthers)),
        1 => on(Just(Call::SignOut)),
        1 => on(account().prop_map(|account| Call::Set("account", account))),
        2 => (0..4_usize).prop_map(|token| Operation::Open(Presented::Token(token))),
        2 => term().prop_map(Operation::Find),
        1 => term().prop_map(Operation::RevokeAll),
        2 => seconds().prop_map(Operation::Pass),
    ];
    let returning = (0..4_usize).prop_map(|token| [vec![Operation::Open(Presented::Token(token))], visit()].concat());
    prop_oneof![4 => visitor, 2 => vec(other, 1..4), 1 => returning]
}

/// Tokens that are renewed on their own, and the ones before.
fn renewal() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0..3_usize).prop_map(|token| Operation::Open(Presented::Token(token))),
        6 => (0..3_usize).prop_map(|handle| Operation::On(handle, Call::Commit)),
        1 => on_latest(any::<bool>().prop_map(Call::Remember)),
        1 => on_latest((0..9_u64).prop_map(|visits| Call::Set("visits", visits))),
        4 => select(vec![1, 9, 10, 590, 600]).prop_map(Operation::Pass),
    ]
}

fn on(call: impl Strategy<Value = Call>) -> impl Strategy<Value = Operation> {
    (number(), call).prop_map(|(handle, call)| Operation::On(handle, call))
}

fn on_latest(call: impl Strategy<Value = Call>) -> impl Strategy<Value = Operation> {
    call.prop_map(|call| Operation::On(0, call))
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

fn account() -> impl Strategy<Value = u64> {
    1..3_u64
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![account().prop_map(Term::Account), account().prop_map(Term::Team)]
}

/// Around the times at which something ends.
fn seconds() -> impl Strategy<Value = u64> {
    select(vec![1, 9, 10, 59, 60, 200, 599, 600, 1_799, 1_800, 3_600, 7_200, 40_000])
}

fn change() -> impl Strategy<Value = Call> {
    const SET: [&str; 9] = ["visits", "hits", "name", "notice", "otp", "draft", "captcha", "address", "page_size"];
    const REMOVED: [&str; 7] = ["account", "team", "visits", "name", "notice", "otp", "captcha"];
    prop_oneof![
        8 => (select(&SET[..]), 0..9_u64).prop_map(|(field, value)| Call::Set(field, value)),
        4 => account().prop_map(|account| Call::Set("account", account)),
        2 => account().prop_map(|team| Call::Set("team", team)),
        2 => tags(),
        9 => update(),
        2 => (1..9_u64).prop_map(Call::Init),
        3 => select(&REMOVED[..]).prop_map(Call::Remove),
        3 => select(&["account", "name", "notice", "notice", "otp"][..]).prop_map(Call::Pop),
        2 => (1..4_u64).prop_map(|notice| Call::Set("notice", notice)),
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

/// What concerns the session as a whole.
fn whole() -> impl Strategy<Value = Call> {
    prop_oneof![
        1 => Just(Call::Reload),
        2 => Just(Call::Claim),
        1 => Just(Call::Renew),
        1 => Just(Call::SignOut),
        1 => Just(Call::Clear),
        1 => Just(Call::Destroy),
        2 => any::<bool>().prop_map(Call::Remember),
        1 => select(vec![0, 300, 5_000, 50_000]).prop_map(Call::SetDeadline),
        2 => number().prop_map(Call::MergeFrom),
        1 => account().prop_map(Call::LoginWith),
        1 => Just(Call::RevokeOthers),
    ]
}
