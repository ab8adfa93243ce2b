//! Tokens, ids and times: the words that everything else is said with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use scs::{
    Clock as _, MemoryStore, Outcome, Session, SessionId, SessionManager, SystemClock, Timestamp, Token,
    store::{Entry, Revision, Store as _, Updated},
};

use crate::support::{DAY, commit};

#[derive(Session)]
struct Visitor {
    visits: u32,
}

/// Where a record has the hash of its secret (docs/format.md).
const HASH: usize = 80;

/// The outcome of a good token after these bytes of the stored hash were changed.
async fn outcome_with_another_hash(changed: &[usize]) -> Outcome {
    let store = MemoryStore::new();
    let sessions = SessionManager::<Visitor, _>::new(store.clone());
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    let token = commit(&session).await;
    let stored = store.load(session.id()).await.unwrap().unwrap();
    let mut record = stored.payload().to_vec();
    for byte in changed {
        record[HASH + byte] ^= 1;
    }
    let updated = store.update(session.id(), stored.revision(), &Entry::new(record, DAY)).await.unwrap();
    assert_eq!(updated, Updated::Updated);
    sessions.open(token.as_str()).await.unwrap().outcome()
}

#[tokio::test]
async fn a_secret_is_compared_in_every_byte() {
    assert_eq!(outcome_with_another_hash(&[]).await, Outcome::Loaded);
    for byte in 0..32 {
        assert_eq!(outcome_with_another_hash(&[byte]).await, Outcome::Unknown, "byte {byte}");
    }
}

#[tokio::test]
async fn two_differences_of_a_hash_do_not_make_up_for_each_other() {
    for other in 1..32 {
        assert_eq!(outcome_with_another_hash(&[0, other]).await, Outcome::Unknown, "bytes 0 and {other}");
    }
}

#[test]
fn a_token_has_one_text_and_hides_it() {
    let text = "AZLwwSo7fE2OXxAhMkNUZQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    let token = Token::parse(text.as_bytes()).unwrap();
    assert_eq!((token.expose(), Token::TEXT_LENGTH), (text.to_owned(), text.len()));
    assert_eq!(format!("{token:?}"), "Token(0192f0c1-2a3b-7c4d-8e5f-102132435465, [redacted])");
    assert_eq!(token.id().to_bytes()[..6], [0x01, 0x92, 0xf0, 0xc1, 0x2a, 0x3b]);
}

#[test]
fn a_token_of_every_character_at_every_place_is_written_as_it_was_read() {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for turn in 0..alphabet.len() {
        let mut text = *alphabet;
        text.rotate_left(turn);
        assert_eq!(Token::parse(&text).unwrap().expose().as_bytes(), text);
    }
}

#[test]
fn a_token_with_any_other_byte_at_any_place_is_refused() {
    let is_of_the_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    for place in 0..Token::TEXT_LENGTH {
        for byte in 0..=u8::MAX {
            let mut text = [b'A'; Token::TEXT_LENGTH];
            text[place] = byte;
            assert_eq!(Token::parse(&text).is_ok(), is_of_the_alphabet(byte), "byte {byte} at place {place}");
        }
    }
}

/// A clone continues with the state of the generator, which a test can set.
#[test]
fn two_clones_of_a_machine_draw_different_revisions() {
    let clone = || {
        fastrand::seed(1);
        Revision::random()
    };
    assert_ne!(clone(), clone());
}

#[test]
fn an_id_is_read_from_what_it_prints_and_from_nothing_else() {
    let text = "0192f0c1-2a3b-7c4d-8e5f-102132435465";
    let id: SessionId = text.parse().unwrap();
    assert_eq!((id.to_string(), format!("{id:?}")), (text.to_owned(), format!("SessionId({text})")));
    assert_eq!(SessionId::from_bytes(id.to_bytes()), id);
    let json = format!("\"{text}\"");
    assert_eq!((serde_json::to_string(&id).unwrap(), serde_json::from_str::<SessionId>(&json).unwrap()), (json, id));
    let others = [text.to_uppercase(), text.replace('-', ""), format!("{{{text}}}"), format!("urn:uuid:{text}")];
    for other in others {
        assert!(other.parse::<SessionId>().is_err(), "{other}");
        assert!(serde_json::from_value::<SessionId>(other.clone().into()).is_err(), "{other}");
    }
}

#[test]
fn a_time_is_counted_in_milliseconds_and_stays_within_what_can_be_counted() {
    let (early, late) = (Timestamp::from_unix_millis(1_000), Timestamp::from_unix_millis(u64::MAX - 1));
    assert_eq!((early + Duration::from_micros(2_999)).as_unix_millis(), 1_002);
    assert_eq!((early - Duration::from_millis(999)).as_unix_millis(), 1);
    assert_eq!((early - DAY, late + DAY), (Timestamp::from_unix_millis(0), Timestamp::from_unix_millis(u64::MAX)));
    assert_eq!((early.since(late), (early + DAY).since(early)), (Duration::ZERO, DAY));
    assert_eq!((early + Duration::MAX).as_unix_millis(), u64::MAX);
    assert_eq!(format!("{early:?}"), "Timestamp(1000 ms)");
}

#[test]
fn the_clock_of_the_system_is_what_the_system_says() {
    let before = Timestamp::from(SystemTime::now());
    let now = SystemClock.now();
    assert!(before <= now && now.since(before) < DAY);
    assert_eq!(SystemTime::from(Timestamp::from_unix_millis(5)), UNIX_EPOCH + Duration::from_millis(5));
    assert_eq!(Timestamp::from(UNIX_EPOCH - DAY), Timestamp::from_unix_millis(0));
}
