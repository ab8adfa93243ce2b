//! Records: files that must open for ever, and bytes that must never do harm.

use std::{collections::BTreeSet, sync::Arc};

use proptest::prelude::*;
use scs::{
    ManualClock, MemoryStore, Outcome, Session, SessionManager, Token,
    store::{Entry, Store},
};

use crate::support::{DAY, HOUR, START, commit};

#[derive(Session)]
#[session(name = "Golden")]
struct Golden {
    #[session(index, renews)]
    account: Option<u64>,
    visits: u32,
    name: Option<String>,
    tags: BTreeSet<String>,
    #[session(ttl = "1h")]
    otp: Option<String>,
}

/// The token of the golden records. It opens nothing else.
const TOKEN: &str = include_str!("golden/token.txt");

fn sessions_at(clock: scs::Timestamp) -> (SessionManager<Golden, MemoryStore>, MemoryStore) {
    let clock = Arc::new(ManualClock::new(clock));
    let store = MemoryStore::new().with_clock(clock.clone());
    (SessionManager::builder(store.clone()).clock(clock).build().unwrap(), store)
}

async fn plant(store: &MemoryStore, record: Vec<u8>) {
    let id = Token::parse(TOKEN.trim().as_bytes()).unwrap().id();
    let _ = store.create(id, &Entry::new(record, DAY)).await.unwrap();
}

#[tokio::test]
async fn the_golden_record_of_format_1_opens_for_ever() {
    let (sessions, store) = sessions_at(START + HOUR / 2);
    plant(&store, include_bytes!("golden/format-1.bin").to_vec()).await;
    let session = sessions.open(TOKEN.trim()).await.unwrap();
    assert_eq!(session.outcome(), Outcome::Loaded);
    assert_eq!(session.account(), Some(7));
    assert_eq!(session.visits(), 300);
    assert_eq!(session.name().as_deref(), Some("Ada Lovelace"));
    assert_eq!(session.tags(), BTreeSet::from(["blue".to_owned(), "red".to_owned()]));
    assert_eq!(session.otp().as_deref(), Some("1234"));
    assert_eq!((session.created_at(), session.deadline()), (START, START + 30 * DAY));
}

/// Writes the golden record anew. To be run by hand, when a new format gets a file of its own.
#[tokio::test]
#[ignore = "writes golden/, which is never overwritten once it was published"]
async fn write_the_golden_record() {
    let (sessions, store) = sessions_at(START);
    let session = sessions.open(None).await.unwrap();
    session.set_account(7);
    session.set_visits(300);
    session.set_name("Ada Lovelace");
    session.set_tags(BTreeSet::from(["red".to_owned(), "blue".to_owned()]));
    session.set_otp("1234");
    session.remember(true);
    let token = session.commit().await.unwrap().token().unwrap().expose();
    let record = store.load(session.id()).await.unwrap().unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("it/golden");
    std::fs::write(folder.join("token.txt"), token).unwrap();
    std::fs::write(folder.join("format-1.bin"), record.payload()).unwrap();
}

async fn outcome_of(record: Vec<u8>) -> Outcome {
    let (sessions, store) = sessions_at(START);
    plant(&store, record).await;
    let session = sessions.open(TOKEN.trim()).await.unwrap();
    let _ = (session.account(), session.visits(), session.name(), session.tags(), session.otp());
    session.outcome()
}

#[tokio::test]
async fn a_record_cut_off_at_any_byte_is_no_session() {
    let golden = include_bytes!("golden/format-1.bin");
    for length in 0..golden.len() {
        assert_eq!(outcome_of(golden[..length].to_vec()).await, Outcome::Unknown, "{length} bytes");
    }
}

#[tokio::test]
async fn a_record_with_bytes_behind_it_is_no_session() {
    let golden = include_bytes!("golden/format-1.bin");
    assert_eq!(outcome_of([golden.as_slice(), &[0]].concat()).await, Outcome::Unknown);
}

#[tokio::test]
async fn a_record_that_claims_more_fields_or_bytes_than_any_has_is_no_session() {
    let golden = include_bytes!("golden/format-1.bin");
    let count = golden.windows(9).position(|window| window == b"\x00\x07account").unwrap() - 2;
    let mut many = golden[..count].to_vec();
    many.extend(u16::MAX.to_be_bytes());
    many.extend([0; 14].repeat(usize::from(u16::MAX)));
    assert_eq!(outcome_of(many).await, Outcome::Unknown);

    let mut long = golden.to_vec();
    long[count + 2..count + 4].copy_from_slice(&u16::MAX.to_be_bytes());
    assert_eq!(outcome_of(long).await, Outcome::Unknown);

    let mut large = golden[..count].to_vec();
    large.extend([0, 1, 0, 1, b'x']);
    large.extend(0_u64.to_be_bytes());
    large.extend((16 * 1024 * 1024_u32).to_be_bytes());
    large.extend(vec![0; 16 * 1024 * 1024]);
    assert_eq!(outcome_of(large).await, Outcome::Unknown);
}

#[tokio::test]
async fn a_record_of_a_newer_format_is_no_session_and_is_kept() {
    let mut newer = include_bytes!("golden/format-1.bin").to_vec();
    newer[0] = 2;
    let (sessions, store) = sessions_at(START);
    plant(&store, newer).await;
    let session = sessions.open(TOKEN.trim()).await.unwrap();
    assert_eq!(session.outcome(), Outcome::Unknown);
    session.set_visits(1);
    commit(&session).await;
    assert_eq!(store.statistics().sessions, 2);
}

#[tokio::test]
async fn a_bit_flipped_anywhere_does_no_harm() {
    let golden = include_bytes!("golden/format-1.bin");
    for bit in 0..golden.len() * 8 {
        let mut flipped = golden.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        outcome_of(flipped).await;
    }
}

/// A value nested a hundred thousand deep, in a field that any type could be in.
#[tokio::test]
async fn a_value_that_nests_too_deep_reads_as_the_default() {
    #[derive(Clone, Default, serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Nested(Vec<Nested>);

    #[derive(Session)]
    #[session(name = "Golden")]
    struct Deep {
        name: Nested,
    }

    let golden = include_bytes!("golden/format-1.bin");
    let name = golden.windows(4).position(|window| window == b"name").unwrap();
    let mut record = golden[..name - 4].to_vec();
    record.extend(1_u16.to_be_bytes());
    record.extend(4_u16.to_be_bytes());
    record.extend(b"name");
    record.extend(0_u64.to_be_bytes());
    record.extend(100_001_u32.to_be_bytes());
    record.extend(vec![0x91; 100_000]);
    record.push(0x90);
    // The header ends where the count of fields stood.
    let count = golden.windows(9).position(|window| window == b"\x00\x07account").unwrap() - 2;
    let record = [&golden[..count], &record[name - 4..]].concat();

    let clock = Arc::new(ManualClock::new(START));
    let store = MemoryStore::new().with_clock(clock.clone());
    let sessions = SessionManager::<Deep, _>::builder(store.clone()).clock(clock).build().unwrap();
    plant(&store, record).await;
    let session = sessions.open(TOKEN.trim()).await.unwrap();
    assert_eq!((session.outcome(), session.has_name(), session.name()), (Outcome::Loaded, true, Nested::default()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_session_or_none_and_never_a_panic(
        record in prop::collection::vec(any::<u8>(), 0..400),
        tail in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let golden = include_bytes!("golden/format-1.bin");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            outcome_of(record).await;
            outcome_of([&golden[..100], &tail].concat()).await;
        });
    }
}
