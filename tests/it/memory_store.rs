//! The contract of stores, as the store in memory keeps it.

use std::{sync::Arc, time::Duration};

use scs::{
    ManualClock, MemoryStore, SessionId,
    store::{
        Admission, AnyStore, Created, Entry, Index, Iterate, Limit, Purge, Revision, Store, StoreErrorKind, Term,
        Updated,
    },
};

use crate::support::{MINUTE, SECOND, START};

const TERM: Term = Term::from_bytes([7; 16]);

fn id(number: u128) -> SessionId {
    SessionId::from_bytes(number.to_be_bytes())
}

fn entry(payload: &str) -> Entry {
    Entry::new(payload.to_owned(), MINUTE)
}

fn on_clock() -> (MemoryStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    (MemoryStore::new().with_clock(clock.clone()), clock)
}

async fn payload(store: &impl Store, id: SessionId) -> Option<Vec<u8>> {
    store.load(id).await.unwrap().map(|stored| stored.payload().to_vec())
}

#[tokio::test]
async fn create_never_overwrites() {
    let store = MemoryStore::new();
    assert_eq!(store.create(id(1), &entry("one")).await.unwrap(), Created::Created);
    assert_eq!(store.create(id(1), &entry("two")).await.unwrap(), Created::Occupied);
    assert_eq!(payload(&store, id(1)).await.unwrap(), b"one");
}

#[tokio::test]
async fn update_never_creates() {
    let store = MemoryStore::new();
    assert_eq!(store.update(id(1), Revision::random(), &entry("one")).await.unwrap(), Updated::Gone);
    assert!(payload(&store, id(1)).await.is_none());
}

#[tokio::test]
async fn update_needs_the_expected_revision() {
    let store = MemoryStore::new();
    let (first, second, third) = (entry("one"), entry("two"), entry("three"));
    let _ = store.create(id(1), &first).await.unwrap();
    assert_eq!(store.update(id(1), first.revision(), &second).await.unwrap(), Updated::Updated);
    assert_eq!(store.update(id(1), first.revision(), &third).await.unwrap(), Updated::Conflict);
    assert_eq!(payload(&store, id(1)).await.unwrap(), b"two");
}

#[tokio::test]
async fn a_write_that_is_sent_twice_recognises_itself() {
    let store = MemoryStore::new();
    let (first, second) = (entry("one"), entry("two"));
    let _ = store.create(id(1), &first).await.unwrap();
    assert_eq!(store.create(id(1), &first).await.unwrap(), Created::Created);
    let _ = store.update(id(1), first.revision(), &second).await.unwrap();
    assert_eq!(store.update(id(1), first.revision(), &second).await.unwrap(), Updated::Updated);
    assert_eq!(store.statistics().sessions, 1);
}

#[tokio::test]
async fn a_record_expires_to_the_millisecond() {
    let (store, clock) = on_clock();
    let _ = store.create(id(1), &entry("one")).await.unwrap();
    clock.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(store.load(id(1)).await.unwrap().unwrap().ttl(), Duration::from_millis(1));
    clock.advance(Duration::from_millis(1));
    assert!(store.load(id(1)).await.unwrap().is_none());
    assert_eq!(store.update(id(1), Revision::random(), &entry("two")).await.unwrap(), Updated::Gone);
    assert!(!store.delete(id(1)).await.unwrap());
}

#[tokio::test]
async fn an_expired_record_gives_its_id_free() {
    let (store, clock) = on_clock();
    let _ = store.create(id(1), &entry("one")).await.unwrap();
    clock.advance(MINUTE);
    assert_eq!(store.create(id(1), &entry("two")).await.unwrap(), Created::Created);
    assert_eq!(store.statistics().sessions, 1);
}

#[tokio::test]
async fn touch_moves_the_expiry_keeps_the_revision_and_never_creates() {
    let (store, clock) = on_clock();
    let first = entry("one");
    store.touch(id(1), first.revision(), MINUTE).await.unwrap();
    assert!(payload(&store, id(1)).await.is_none());
    let _ = store.create(id(1), &first).await.unwrap();
    clock.advance(MINUTE / 2);
    store.touch(id(1), Revision::random(), 10 * MINUTE).await.unwrap();
    assert_eq!(store.load(id(1)).await.unwrap().unwrap().ttl(), MINUTE / 2, "another revision is not touched");
    store.touch(id(1), first.revision(), 10 * MINUTE).await.unwrap();
    let stored = store.load(id(1)).await.unwrap().unwrap();
    assert_eq!((stored.ttl(), stored.revision()), (10 * MINUTE, first.revision()));
    clock.advance(10 * MINUTE);
    store.touch(id(1), first.revision(), MINUTE).await.unwrap();
    assert!(payload(&store, id(1)).await.is_none(), "an expired record is not revived");
}

#[tokio::test]
async fn any_bytes_and_any_time_to_live_are_kept() {
    let store = MemoryStore::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(65_537).collect();
    let _ = store.create(id(1), &Entry::new(bytes.clone(), Duration::MAX)).await.unwrap();
    assert_eq!(payload(&store, id(1)).await.unwrap(), bytes);
    let _ = store.create(id(2), &Entry::new("", Duration::ZERO)).await.unwrap();
    assert!(payload(&store, id(2)).await.is_none());
}

#[tokio::test]
async fn a_full_store_refuses_new_sessions_and_keeps_the_live_ones() {
    let clock = Arc::new(ManualClock::new(START));
    let store = MemoryStore::with_capacity(2).with_clock(clock.clone());
    let first = entry("one");
    let _ = store.create(id(1), &first).await.unwrap();
    let _ = store.create(id(2), &entry("two")).await.unwrap();
    let error = store.create(id(3), &entry("three")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert!(error.to_string().contains("raise its capacity"), "{error}");
    assert_eq!(store.update(id(1), first.revision(), &entry("new")).await.unwrap(), Updated::Updated);
    assert!(payload(&store, id(2)).await.is_some());

    clock.advance(MINUTE);
    assert_eq!(store.create(id(3), &entry("three")).await.unwrap(), Created::Created, "expired ones make room");
    assert_eq!(store.statistics().sessions, 1);
}

#[tokio::test]
async fn a_store_without_a_reaper_does_not_grow_for_ever() {
    let (store, clock) = on_clock();
    for number in 0..20_000 {
        let _ = store.create(id(number), &entry("x")).await.unwrap();
        clock.advance(SECOND);
    }
    assert!(store.statistics().sessions < 1000, "{:?}", store.statistics());
}

#[tokio::test]
async fn purging_takes_a_batch_and_checks_the_expiry_again() {
    let (store, clock) = on_clock();
    let kept = entry("kept");
    let _ = store.create(id(0), &kept).await.unwrap();
    for number in 1..=10 {
        let _ = store.create(id(number), &entry("x")).await.unwrap();
    }
    store.touch(id(0), kept.revision(), 10 * MINUTE).await.unwrap();
    clock.advance(MINUTE);
    assert_eq!(store.purge(4).await.unwrap(), 4);
    assert_eq!(store.purge(100).await.unwrap(), 6);
    assert_eq!(store.purge(100).await.unwrap(), 0);
    assert!(payload(&store, id(0)).await.is_some());
}

#[tokio::test]
async fn iteration_is_complete_while_others_create_and_delete() {
    let store = MemoryStore::new();
    for number in 0..1000_u128 {
        let _ = store.create(id(number * 1_000_003), &entry("x")).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    let mut newcomer = 0_u128;
    loop {
        let page = store.page(cursor, 7).await.unwrap();
        assert!(page.items.len() <= 7);
        seen.extend(page.items.into_iter().map(|(id, _)| id));
        newcomer += 1;
        let _ = store.create(id(u128::MAX - newcomer), &entry("new")).await.unwrap();
        store.delete(id(u128::MAX - newcomer)).await.unwrap();
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let total = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), total), (1000, 1000));
}

#[tokio::test]
async fn a_cursor_from_elsewhere_starts_anew_and_does_not_panic() {
    let store = MemoryStore::new();
    let _ = store.create(id(1), &entry("x")).await.unwrap();
    for bytes in [vec![], vec![1], vec![255; 8], vec![255; 24], vec![0; 100]] {
        store.page(Some(scs::store::Cursor::new(bytes)), 10).await.unwrap();
    }
}

#[tokio::test]
async fn the_index_lists_ids_by_page_and_forgets_stale_ones() {
    let store = MemoryStore::new();
    for number in 1..=10 {
        let _ = store.create(id(number), &entry("x").with_terms(vec![TERM], vec![])).await.unwrap();
    }
    let first = store.find(TERM, None, 6).await.unwrap();
    let second = store.find(TERM, first.next, 6).await.unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (6, 4, None));
    store.delete(id(1)).await.unwrap();
    store.forget(TERM, id(2)).await.unwrap();
    let all = store.find(TERM, None, 100).await.unwrap().items;
    assert_eq!(all.len(), 9);
    assert!(all.contains(&id(2)), "a live record that has the term is not forgotten");
}

#[tokio::test]
async fn index_entries_live_as_long_as_the_session_can() {
    let (store, clock) = on_clock();
    let first = entry("x").with_lifetime(10 * MINUTE).with_terms(vec![TERM], vec![]);
    let _ = store.create(id(1), &first).await.unwrap();
    clock.advance(MINUTE / 2);
    store.touch(id(1), first.revision(), 5 * MINUTE).await.unwrap();
    clock.advance(5 * MINUTE - SECOND);
    assert_eq!(store.find(TERM, None, 10).await.unwrap().items, [id(1)]);
    clock.advance(5 * MINUTE);
    assert!(store.find(TERM, None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn admission_stops_at_the_limit_and_names_the_oldest_first() {
    let (store, clock) = on_clock();
    for number in [3, 1, 2] {
        assert_eq!(store.admit(TERM, id(number), 3, 10 * MINUTE).await.unwrap(), Admission::Admitted);
        clock.advance(SECOND);
    }
    assert_eq!(store.admit(TERM, id(1), 3, MINUTE).await.unwrap(), Admission::Admitted, "who is in stays in");
    let full = store.admit(TERM, id(4), 3, MINUTE).await.unwrap();
    assert_eq!(full, Admission::Full(vec![id(3), id(1), id(2)]));
    store.forget(TERM, id(3)).await.unwrap();
    assert_eq!(store.admit(TERM, id(4), 3, MINUTE).await.unwrap(), Admission::Admitted);
}

#[test]
fn of_concurrent_admissions_exactly_as_many_as_allowed_succeed() {
    let store = MemoryStore::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let admitted = runtime.block_on(async {
        let tries = (0..50).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.admit(TERM, id(number), 3, MINUTE).await.unwrap() })
        });
        let ends = futures_util::future::join_all(tries).await;
        ends.into_iter().filter(|end| *end.as_ref().unwrap() == Admission::Admitted).count()
    });
    assert_eq!(admitted, 3);
}

#[test]
fn of_concurrent_updates_of_one_revision_exactly_one_wins() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = MemoryStore::new();
        let mut current = entry("start");
        let _ = store.create(id(1), &current).await.unwrap();
        for _ in 0..100 {
            let tries = (0..64).map(|_| {
                let (store, expected, new) = (store.clone(), current.revision(), entry("x"));
                tokio::spawn(async move { (store.update(id(1), expected, &new).await.unwrap(), new) })
            });
            let ends = futures_util::future::join_all(tries).await;
            let mut winners = ends.into_iter().map(Result::unwrap).filter(|(end, _)| *end == Updated::Updated);
            current = winners.next().expect("one wins").1;
            assert!(winners.next().is_none(), "no second wins");
        }
    });
}

#[tokio::test]
async fn a_store_behind_any_store_behaves_the_same() {
    let store = AnyStore::new(MemoryStore::new());
    let first = entry("one").with_terms(vec![TERM], vec![]);
    assert_eq!(store.create(id(1), &first).await.unwrap(), Created::Created);
    store.touch(id(1), first.revision(), 2 * MINUTE).await.unwrap();
    assert!(store.load(id(1)).await.unwrap().unwrap().ttl() > MINUTE);
    assert_eq!(store.find(TERM, None, 10).await.unwrap().items, [id(1)]);
    assert!(store.page(None, 1000).await.unwrap().next.is_some());
    assert_eq!(store.admit(TERM, id(2), 1, MINUTE).await.unwrap(), Admission::Full(vec![id(1)]));
    store.forget(TERM, id(2)).await.unwrap();
    assert_eq!(store.purge(10).await.unwrap(), 0);
    assert_eq!(store.update(id(1), first.revision(), &entry("two")).await.unwrap(), Updated::Updated);
    assert!(store.delete(id(1)).await.unwrap());
}
