//! The deadlines inside a cookie, whatever the browser does with it.

use std::time::Duration;

use scs::{Outcome, sealed::NoRevocation};

use super::{clock, commit, cookie, cookies, key, on, unlisted};
use crate::support::{HOUR, MINUTE, SECOND};

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn enc_5_a_cookie_that_was_not_used_for_the_idle_timeout_is_over() {
    let (sessions, clock) = unlisted();
    let token = cookie(&sessions).await;
    clock.advance(30 * MINUTE - SECOND);
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Loaded);
    clock.advance(SECOND);
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Expired);
}

#[tokio::test]
async fn enc_5_no_use_lengthens_a_session_beyond_its_deadline() {
    let (sessions, clock) = unlisted();
    let mut token = cookie(&sessions).await;
    for minutes in (0..24 * 60).step_by(20) {
        let session = sessions.open(&token).await.unwrap();
        assert_eq!(session.outcome(), Outcome::Loaded, "after {minutes} minutes");
        session.set_visits(minutes);
        session.renew();
        token = commit(&session).await;
        clock.advance(20 * MINUTE);
    }
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Expired);
}

#[tokio::test]
async fn enc_5_signing_in_restarts_both_timeouts() {
    let (sessions, clock) = unlisted();
    let token = cookie(&sessions).await;
    clock.advance(29 * MINUTE);
    let session = sessions.open(&token).await.unwrap();
    let before = session.deadline();
    session.set_account(7);
    commit(&session).await;
    assert_eq!(session.deadline().since(before), 29 * MINUTE);
}

/// Servers whose clocks differ by seconds serve each other's visitors; a cookie from an hour ahead was not made by them.
#[tokio::test]
async fn lif_6_a_cookie_from_the_future_is_none() {
    let (ahead, their_clock) = on(cookies(key(1), NoRevocation), clock());
    their_clock.advance(HOUR);
    let token = cookie(&ahead).await;
    let (sessions, clock) = unlisted();
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Unknown);
    clock.advance(HOUR - MINUTE - MILLISECOND);
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Unknown);
    clock.advance(MILLISECOND);
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Loaded);
}

#[tokio::test]
async fn enc_5_a_session_may_end_itself_sooner() {
    let (sessions, clock) = unlisted();
    let session = sessions.open(None).await.unwrap();
    session.set_visits(1);
    session.set_deadline(scs::Timestamp::from_unix_millis(crate::support::START.as_unix_millis() + 60_000));
    let token = commit(&session).await;
    clock.advance(MINUTE);
    assert_eq!(sessions.open(&token).await.unwrap().outcome(), Outcome::Expired);
}
