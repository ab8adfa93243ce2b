//! Records: files that must open for ever, and bytes that must never do harm.

use std::{collections::BTreeSet, sync::Arc};

use proptest::prelude::*;
use scs::{
    ManualClock, MemoryStore, Outcome, Session, SessionEvent, SessionId, SessionManager, Token,
    store::{Entry, Store},
};

use crate::{
    events::Log,
    support::{DAY, HOUR, START, commit},
};

/// A record by docs/format.md alone.
mod plain;

use self::plain::Plain;

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

/// What a newer binary knows beside it.
#[derive(Session)]
#[session(name = "Golden")]
struct Newer {
    visits: u32,
    #[session(secret, on_login = "drop")]
    pin: Option<u16>,
    #[session(on_logout = "drop")]
    cart: Vec<String>,
}

/// The token of the golden records. It opens nothing else.
const TOKEN: &str = include_str!("../golden/token.txt");

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
    plant(&store, include_bytes!("../golden/format-1.bin").to_vec()).await;
    let session = sessions.open(TOKEN.trim()).await.unwrap();
    assert_eq!(session.outcome(), Outcome::Loaded);
    assert_eq!(session.account(), Some(7));
    assert_eq!(session.visits(), 300);
    assert_eq!(session.name().as_deref(), Some("Ada Lovelace"));
    assert_eq!(session.tags(), BTreeSet::from(["blue".to_owned(), "red".to_owned()]));
    assert_eq!(session.otp().as_deref(), Some("1234"));
    assert_eq!((session.created_at(), session.deadline()), (START, START + 30 * DAY));
}

/// The golden records of format 2, each with what is special about it.
const FORMAT_2: [(&str, &[u8]); 5] = [
    ("plain", include_bytes!("../golden/format-2.bin")),
    ("former-secret", include_bytes!("../golden/format-2-former-secret.bin")),
    ("offered-secrets", include_bytes!("../golden/format-2-offered-secrets.bin")),
    ("unnamed", include_bytes!("../golden/format-2-unnamed.bin")),
    ("expiring", include_bytes!("../golden/format-2-expiring.bin")),
];

#[tokio::test]
async fn the_golden_records_of_format_2_open_for_ever() {
    for (name, golden) in FORMAT_2 {
        let (sessions, store) = sessions_at(START + HOUR / 2);
        plant(&store, golden.to_vec()).await;
        let session = sessions.open(TOKEN.trim()).await.unwrap();
        assert_eq!(session.outcome(), Outcome::Loaded, "{name}");
        assert_eq!((session.account(), session.visits()), (Some(7), 300), "{name}");
        assert_eq!(session.name().as_deref(), Some("Ada Lovelace"), "{name}");
        assert_eq!(session.tags(), BTreeSet::from(["blue".to_owned(), "red".to_owned()]), "{name}");
        let otp = session.otp();
        assert_eq!(otp.as_deref(), (name == "expiring").then_some("1234"), "{name}");
        assert_eq!((session.created_at(), session.deadline()), (START, START + 30 * DAY), "{name}");
    }
}

/// The record of the golden session after a change of one field.
async fn changed(golden: &[u8]) -> Vec<u8> {
    let (sessions, store) = sessions_at(START + HOUR / 2);
    plant(&store, golden.to_vec()).await;
    let session = sessions.open(TOKEN.trim()).await.unwrap();
    session.set_visits(300_000);
    session.commit().await.unwrap();
    store.load(session.id()).await.unwrap().unwrap().payload().to_vec()
}

#[tokio::test]
async fn what_newer_binaries_wrote_survives_a_change() {
    let kinds = |record: &[u8]| Plain::read(record).secrets.iter().map(|secret| secret[0]).collect::<Vec<_>>();
    for (name, golden) in FORMAT_2 {
        let record = changed(golden).await;
        let (before, after) = (Plain::read(golden), Plain::read(&record));
        match name {
            // Earlier versions wrote the successor in the place of the current secret, which is presented here.
            "former-secret" => assert_eq!(kinds(&record), [2, 2], "the one that waits, and another one"),
            _ => assert_eq!(after.secrets, before.secrets, "{name}"),
        }
        assert_eq!(after.unnamed, before.unnamed, "{name}");
        let others =
            |plain: &Plain| plain.named.iter().filter(|field| field.name != "visits").cloned().collect::<Vec<_>>();
        assert_eq!(others(&after), others(&before), "{name}");
    }
    assert_eq!([kinds(FORMAT_2[1].1), kinds(FORMAT_2[2].1)], [vec![1], vec![2, 2, 2]]);
    let flags: Vec<_> =
        Plain::read(FORMAT_2[3].1).unnamed.iter().map(|field| (field.name.clone(), field.flags)).collect();
    assert_eq!(flags, [("pin".to_owned(), 0b0110), ("cart".to_owned(), 0b1000_1000)], "one is not known yet");
}

#[tokio::test]
async fn a_record_of_format_1_becomes_one_of_format_2_when_it_is_next_written() {
    let golden = include_bytes!("../golden/format-1.bin");
    let record = changed(golden).await;
    assert_eq!((record[0], Plain::read(&record).named), (2, Plain::read(&changed(FORMAT_2[4].1).await).named));
    assert!(record.len() <= golden.len() + 40, "{} bytes instead of {}", record.len(), golden.len());
}

#[tokio::test]
async fn renewing_the_token_forgets_every_other_secret() {
    for (name, golden) in FORMAT_2 {
        let (sessions, store) = sessions_at(START);
        plant(&store, golden.to_vec()).await;
        let session = sessions.open(TOKEN.trim()).await.unwrap();
        session.renew();
        session.commit().await.unwrap();
        let record = store.load(session.id()).await.unwrap().unwrap().payload().to_vec();
        assert!(Plain::read(&record).secrets.is_empty(), "{name}");
    }
}

/// When the client first presented the current token, by docs/format.md.
async fn presented(store: &MemoryStore, id: SessionId) -> u64 {
    let record = store.load(id).await.unwrap().unwrap();
    u64::from_be_bytes(record.payload()[72..80].try_into().unwrap())
}

#[tokio::test]
async fn a_record_tells_when_its_token_was_first_presented() {
    let (sessions, store) = sessions_at(START);
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    assert_eq!(presented(&store, session.id()).await, 0, "it was only issued");

    let session = sessions.open(token.as_str()).await.unwrap();
    session.set_visits(2);
    session.commit().await.unwrap();
    assert_eq!(presented(&store, session.id()).await, START.as_unix_millis());

    session.renew();
    session.commit().await.unwrap();
    assert_eq!(presented(&store, session.id()).await, 0, "the new one was only issued");
}

/// Writes the golden records of format 2 anew. To be run by hand, when a new format gets files of its own.
#[tokio::test]
#[ignore = "writes golden/, which is never overwritten once it was published"]
async fn write_the_golden_records() {
    let (sessions, store) = sessions_at(START);
    plant(&store, include_bytes!("../golden/format-1.bin").to_vec()).await;
    let id = sessions.open(TOKEN.trim()).await.unwrap().id();
    let write = async |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut record = store.load(id).await.unwrap().unwrap().payload().to_vec();
        change(&mut record);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("it/golden");
        std::fs::write(folder.join(name), record).unwrap();
    };
    let save = async |otp: Option<&str>| {
        let session = sessions.open(TOKEN.trim()).await.unwrap();
        session.set_visits(session.visits() + 1);
        session.commit().await.unwrap();
        session.set_visits(300);
        otp.map_or_else(|| session.remove_otp(), |otp| session.set_otp(otp));
        session.commit().await.unwrap();
    };
    save(Some("1234")).await;
    write("format-2-expiring.bin", &|_| ()).await;
    save(None).await;
    write("format-2.bin", &|_| ()).await;
    write("format-2-former-secret.bin", &|record| {
        let current = record[80..112].to_vec();
        record[80..112].fill(9);
        plain::add_secret(record, 1, &current);
    })
    .await;
    let offer = |record: &mut Vec<u8>| (1..=3).for_each(|number| plain::add_secret(record, 2, &[number; 32]));
    write("format-2-offered-secrets.bin", &offer).await;

    let newer =
        SessionManager::<Newer, _>::builder(store.clone()).clock(Arc::new(ManualClock::new(START))).build().unwrap();
    let session = newer.open(TOKEN.trim()).await.unwrap();
    session.set_pin(1234);
    session.set_cart(vec!["tea".to_owned()]);
    session.commit().await.unwrap();
    save(None).await;
    write("format-2-unnamed.bin", &|record| *plain::last_flags(record) |= 0b1000_0000).await;
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
    for golden in [include_bytes!("../golden/format-1.bin"), FORMAT_2[3].1] {
        for length in 0..golden.len() {
            assert_eq!(outcome_of(golden[..length].to_vec()).await, Outcome::Unknown, "{length} bytes");
        }
    }
}

#[tokio::test]
async fn a_record_with_bytes_behind_it_is_no_session() {
    for golden in [include_bytes!("../golden/format-1.bin"), FORMAT_2[3].1] {
        assert_eq!(outcome_of([golden, &[0]].concat()).await, Outcome::Unknown);
    }
}

#[tokio::test]
async fn a_record_that_claims_more_fields_or_bytes_than_any_has_is_no_session() {
    let golden = include_bytes!("../golden/format-1.bin");
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
    let mut newer = include_bytes!("../golden/format-1.bin").to_vec();
    for format in [0, 3, 255] {
        newer[0] = format;
        let (sessions, store) = sessions_at(START);
        plant(&store, newer.clone()).await;
        let session = sessions.open(TOKEN.trim()).await.unwrap();
        assert_eq!(session.outcome(), Outcome::Unknown);
        session.set_visits(1);
        commit(&session).await;
        assert_eq!(store.statistics().sessions, 2);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_an_event_and_a_log_line_that_says_why() {
    let (log, _guard) = Log::capture();
    let (told, events) = std::sync::mpsc::channel();
    let clock = Arc::new(ManualClock::new(START));
    let store = MemoryStore::new().with_clock(clock.clone());
    let sessions = SessionManager::<Golden, _>::builder(store.clone()).clock(clock);
    let sessions = sessions.on_event(move |event| told.send(*event).unwrap()).build().unwrap();
    let mut newer = FORMAT_2[0].1.to_vec();
    newer[0] = 3;
    plant(&store, newer).await;
    let session = sessions.open(TOKEN.trim()).await.unwrap();
    assert_eq!(session.outcome(), Outcome::Unknown);
    let id = Token::parse(TOKEN.trim().as_bytes()).unwrap().id();
    assert_eq!(events.try_recv().unwrap(), SessionEvent::Unreadable { id });
    let lines = log.lines("unreadable");
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert!(line.contains("WARN") && line.contains(&id.to_string()), "{line}");
    assert!(line.contains("the record has format 3, which a newer version wrote"), "{line}");
}

#[tokio::test]
async fn a_bit_flipped_anywhere_does_no_harm() {
    for golden in [include_bytes!("../golden/format-1.bin"), FORMAT_2[3].1] {
        for bit in 0..golden.len() * 8 {
            let mut flipped = golden.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            outcome_of(flipped).await;
        }
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

    let golden = include_bytes!("../golden/format-1.bin");
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
        let golden = include_bytes!("../golden/format-1.bin");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            outcome_of(record).await;
            outcome_of([&golden[..100], &tail].concat()).await;
            outcome_of([&FORMAT_2[0].1[..116], &tail].concat()).await;
        });
    }
}
