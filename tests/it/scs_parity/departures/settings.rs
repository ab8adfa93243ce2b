//! Settings and their defaults.

use scs::{MemoryStore, SessionManager};

use crate::scs_parity::{Visitor, known};
use crate::support::{DAY, HOUR, MINUTE, SECOND};

/// SCS has no idle timeout unless it is set. Here it is half an hour: OWASP ASVS 5.0 (7.3.1) asks for
/// one. The lifetime of a day is the same.
#[test]
fn sessions_end_after_half_an_hour_idle_and_a_day_in_all() {
    let sessions = SessionManager::<Visitor, _>::new(MemoryStore::new());
    let policy = sessions.policy();
    assert_eq!((policy.idle_timeout(), policy.absolute_timeout()), (30 * MINUTE, DAY));
    assert_eq!((policy.remembered_idle_timeout(), policy.remembered_absolute_timeout()), (14 * DAY, 30 * DAY));
}

/// The settings of SCS are public fields, for anybody to change while requests run. Here they are
/// checked once and then fixed, and the manager can print them.
#[test]
fn settings_are_fixed_and_can_be_printed() {
    let sessions = SessionManager::<Visitor, _>::builder(MemoryStore::new());
    let sessions = sessions.idle_timeout(HOUR).store_timeout(SECOND).build().unwrap();
    let printed = sessions.policy().to_string();
    assert!(printed.contains("idle timeout: 1 h") && printed.contains("store timeout: 1s"));
}

/// In SCS a session made under one lifetime keeps it when the setting changes, and so it does here; but
/// its idle timeout is the one of the request. Here a record has both of its own: timeouts that were lengthened change no
/// session that there is, and timeouts that were shortened all of them.
#[tokio::test]
async fn a_session_keeps_the_timeouts_it_was_made_with_unless_they_were_shortened() {
    let known = known().await;
    let with = |idle, absolute| {
        let builder = SessionManager::<Visitor, _>::builder(known.store.clone()).clock(known.clock.clone());
        builder.idle_timeout(idle).absolute_timeout(absolute).build().unwrap()
    };
    known.clock.advance(10 * MINUTE);
    let session = with(5 * HOUR, 48 * HOUR).open(&known.token).await.unwrap();
    session.set_visits(2);
    session.commit().await.unwrap();
    assert_eq!(known.time_to_live().await, 30 * MINUTE);
    known.clock.advance(2 * MINUTE);
    assert_eq!(with(MINUTE, HOUR).open(&known.token).await.unwrap().outcome(), scs::Outcome::Expired);
    let session = with(3 * MINUTE, HOUR).open(&known.token).await.unwrap();
    assert_eq!(session.expires_in(), 3 * MINUTE);
}

/// SCS starts a goroutine that sweeps its default store, and stopping it twice blocks for ever. Here
/// nothing runs that nobody started: purging is a call, or a future to spawn and to abort.
#[tokio::test(start_paused = true)]
async fn nothing_sweeps_unless_it_is_asked_to() {
    let known = known().await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(known.store.take_calls(), [""; 0]);
    let reaper = tokio::spawn(known.sessions.reaper(MINUTE));
    tokio::time::sleep(2 * MINUTE + SECOND).await;
    reaper.abort();
    tokio::time::sleep(HOUR).await;
    assert_eq!(known.store.take_calls(), ["purge"; 2]);
}
