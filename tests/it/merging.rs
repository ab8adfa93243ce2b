//! How concurrent changes to one field combine, checked against what a sequential model says.

use std::collections::BTreeSet;

use proptest::prelude::*;
use scs::{MemoryStore, Session, SessionManager, TypedSession};

use crate::support::commit;

fn longest(_base: String, ours: String, theirs: String) -> String {
    if ours.len() >= theirs.len() { ours } else { theirs }
}

#[derive(Session)]
struct Merged {
    #[session(merge = "add")]
    hits: u64,
    #[session(merge = "add")]
    level: i8,
    #[session(merge = "union")]
    tags: BTreeSet<u8>,
    #[session(merge = longest)]
    draft: String,
    plain: u32,
    #[session(once)]
    device: Option<u32>,
}

type Sessions = SessionManager<Merged, MemoryStore>;

/// Two requests that loaded the same session.
async fn two(
    prepare: impl FnOnce(&TypedSession<Merged>),
) -> (Sessions, String, TypedSession<Merged>, TypedSession<Merged>) {
    let sessions = Sessions::new(MemoryStore::new());
    let session = sessions.open(None).await.unwrap();
    session.set_plain(1);
    prepare(&session);
    let token = commit(&session).await;
    let one = sessions.open(token.as_str()).await.unwrap();
    let other = sessions.open(token.as_str()).await.unwrap();
    (sessions, token, one, other)
}

async fn settle(
    sessions: &Sessions,
    token: &str,
    first: &TypedSession<Merged>,
    second: &TypedSession<Merged>,
) -> TypedSession<Merged> {
    first.commit().await.unwrap();
    second.commit().await.unwrap();
    sessions.open(token).await.unwrap()
}

#[tokio::test]
async fn additions_add_up() {
    let (sessions, token, one, other) = two(|session| session.set_hits(5)).await;
    one.add_hits(3);
    other.add_hits(4);
    assert_eq!(settle(&sessions, &token, &one, &other).await.hits(), 12);
}

#[tokio::test]
async fn setting_a_counter_counts_by_the_difference_it_made() {
    let (sessions, token, one, other) = two(|session| session.set_hits(5)).await;
    one.set_hits(8);
    other.set_hits(3);
    assert_eq!(settle(&sessions, &token, &one, &other).await.hits(), 6);
}

#[tokio::test]
async fn counters_stop_at_the_limits_of_their_type() {
    let (sessions, token, one, other) = two(|session| session.set_level(100)).await;
    one.add_level(20);
    other.add_level(20);
    assert_eq!(settle(&sessions, &token, &one, &other).await.level(), i8::MAX);
}

#[tokio::test]
async fn a_union_keeps_what_either_added_and_drops_what_either_removed() {
    let (sessions, token, one, other) = two(|session| session.set_tags(BTreeSet::from([1, 2]))).await;
    one.set_tags(BTreeSet::from([2, 3]));
    other.set_tags(BTreeSet::from([1, 2, 4]));
    assert_eq!(settle(&sessions, &token, &one, &other).await.tags(), BTreeSet::from([2, 3, 4]));
}

#[tokio::test]
async fn a_function_of_the_user_decides() {
    let (sessions, token, one, other) = two(|_| ()).await;
    one.set_draft("a long draft");
    other.set_draft("short");
    assert_eq!(settle(&sessions, &token, &one, &other).await.draft(), "a long draft");
}

#[tokio::test]
async fn a_plain_field_keeps_the_last_commit() {
    let (sessions, token, one, other) = two(|_| ()).await;
    one.set_plain(2);
    other.set_plain(3);
    assert_eq!(settle(&sessions, &token, &one, &other).await.plain(), 3);
}

#[tokio::test]
async fn an_update_runs_again_on_what_the_other_request_stored() {
    let (sessions, token, one, other) = two(|_| ()).await;
    one.update_plain(|plain| *plain *= 10);
    other.update_plain(|plain| *plain += 5);
    assert_eq!(settle(&sessions, &token, &one, &other).await.plain(), 15);
}

#[tokio::test]
async fn of_two_inits_the_first_commit_wins() {
    let (sessions, token, one, other) = two(|_| ()).await;
    one.init_device(1).unwrap();
    other.init_device(2).unwrap();
    assert_eq!(settle(&sessions, &token, &one, &other).await.device(), Some(1));
}

#[tokio::test]
async fn setting_a_value_that_was_there_already_overwrites_no_one() {
    let (sessions, token, one, other) = two(|_| ()).await;
    one.set_plain(2);
    other.set_plain(1);
    other.set_draft("x");
    assert_eq!(settle(&sessions, &token, &one, &other).await.plain(), 2);
}

#[derive(Debug, Clone)]
enum Change {
    Add(u64),
    Insert(u8),
    Remove(u8),
    Double,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..1000_u64).prop_map(Change::Add),
        (0..16_u8).prop_map(Change::Insert),
        (0..16_u8).prop_map(Change::Remove),
        Just(Change::Double),
    ]
}

fn apply(session: &TypedSession<Merged>, change: &Change) {
    match *change {
        Change::Add(n) => session.add_hits(n),
        Change::Insert(tag) => {
            session.update_tags(move |tags| tags.insert(tag));
        }
        Change::Remove(tag) => {
            session.update_tags(move |tags| tags.remove(&tag));
        }
        Change::Double => session.update_plain(|plain| *plain = plain.wrapping_mul(2)),
    }
}

fn apply_to_model(model: &mut (u64, BTreeSet<u8>, u32), change: &Change) {
    match *change {
        Change::Add(n) => model.0 += n,
        Change::Insert(tag) => {
            model.1.insert(tag);
        }
        Change::Remove(tag) => {
            model.1.remove(&tag);
        }
        Change::Double => model.2 = model.2.wrapping_mul(2),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Requests that all loaded the same record and commit one after the other end as if they had
    /// run one after the other; what left a field as it was has only read it.
    #[test]
    fn concurrent_requests_end_as_if_they_had_run_in_the_order_of_their_commits(
        requests in prop::collection::vec(prop::collection::vec(change(), 0..6), 1..6)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (sessions, token, _, _) = two(|_| ()).await;
            let mut model = (0, BTreeSet::new(), 1);
            let mut open = Vec::new();
            for _ in &requests {
                open.push(sessions.open(token.as_str()).await.unwrap());
            }
            for (session, changes) in open.iter().zip(&requests) {
                for change in changes {
                    apply(session, change);
                }
            }
            for (session, changes) in open.iter().zip(&requests) {
                session.commit().await.unwrap();
                let mut seen = (0, BTreeSet::new(), 1);
                changes.iter().for_each(|change| apply_to_model(&mut seen, change));
                for change in changes {
                    let only_read = match change {
                        Change::Add(_) => seen.0 == 0,
                        Change::Insert(_) | Change::Remove(_) => seen.1.is_empty(),
                        Change::Double => seen.2 == 1,
                    };
                    if !only_read {
                        apply_to_model(&mut model, change);
                    }
                }
            }
            let end = sessions.open(token.as_str()).await.unwrap();
            assert_eq!((end.hits(), end.tags(), end.plain()), model);
        });
    }
}
