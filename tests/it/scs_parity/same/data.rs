//! Reading, writing and removing values.

use std::time::{Duration, SystemTime};

use scs::{Session, SessionManager};

use crate::scs_parity::known;
use crate::support::{START, TestStore, commit};

#[tokio::test]
async fn what_was_put_is_got_by_the_next_request() {
    let known = known().await;
    known.open().await.set_name("never committed");
    let session = known.open().await;
    session.set_name("Ada");
    assert_eq!(session.name().as_deref(), Some("Ada"), "in the same request too");
    session.commit().await.unwrap();
    assert_eq!(known.open().await.name().as_deref(), Some("Ada"));
}

#[tokio::test]
async fn a_value_that_was_never_set_reads_as_zero_or_none() {
    let session = known().await.sessions.open(None).await.unwrap();
    assert_eq!((session.visits(), session.name(), session.account()), (0, None, None));
}

#[tokio::test]
async fn whether_there_is_a_value_can_be_asked() {
    let session = known().await.open().await;
    assert!(session.has_visits() && !session.has_name() && !session.has_notice());
}

#[tokio::test]
async fn popping_takes_the_value_out_for_good() {
    let known = known().await;
    let session = known.open().await;
    session.set_notice("saved");
    session.commit().await.unwrap();

    let session = known.open().await;
    assert_eq!((session.pop_notice().as_deref(), session.pop_visits()), (Some("saved"), Some(1)));
    assert_eq!((session.pop_notice(), session.pop_visits()), (None, None));
    session.commit().await.unwrap();
    let session = known.open().await;
    assert_eq!((session.pop_notice(), session.pop_visits()), (None, None));
}

#[tokio::test]
async fn removing_takes_the_value_out_for_good() {
    let known = known().await;
    let session = known.open().await;
    session.remove_visits();
    session.commit().await.unwrap();
    assert!(!known.open().await.has_visits());
}

#[tokio::test]
async fn clearing_takes_everything_out_and_keeps_token_and_deadline() {
    let known = known().await;
    let session = known.open().await;
    let deadline = session.deadline();
    session.clear();
    assert!(session.commit().await.unwrap().token().is_none());
    let session = known.open().await;
    assert_eq!((session.is_new(), session.has_visits(), session.deadline()), (false, false, deadline));
}

#[derive(Session)]
struct Typed {
    text: String,
    truth: bool,
    small: i32,
    large: i64,
    float: f64,
    bytes: Vec<u8>,
    time: Option<SystemTime>,
}

#[tokio::test]
async fn each_type_that_has_a_getter_comes_back_as_it_was_put() {
    let sessions = SessionManager::<Typed, _>::new(TestStore::new());
    let session = sessions.open(None).await.unwrap();
    let time = SystemTime::from(START) + Duration::from_nanos(1);
    session.set_text("naïve \0 text");
    session.set_truth(true);
    session.set_small(i32::MIN);
    session.set_large(i64::MAX);
    session.set_float(0.1);
    session.set_bytes(vec![0, 255]);
    session.set_time(time);
    let token = commit(&session).await;

    let session = sessions.open(&token).await.unwrap();
    assert_eq!((session.text().as_str(), session.truth()), ("naïve \0 text", true));
    assert_eq!((session.small(), session.large()), (i32::MIN, i64::MAX));
    assert_eq!(
        (session.float().to_bits(), session.bytes(), session.time()),
        (0.1_f64.to_bits(), vec![0, 255], Some(time))
    );
}
