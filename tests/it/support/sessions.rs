//! Sessions on a clock that the test moves, and the tokens that they are given.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use scs::{ManualClock, MemoryStore, Session, SessionManager, Timestamp};

use super::{TestStore, leaks};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// A moment in 2026, in milliseconds since the Unix epoch.
pub(crate) const START: Timestamp = Timestamp::from_unix_millis(1_790_000_000_000);

/// A manager and its store on one clock that the test moves.
pub(crate) fn on_manual_clock<S>() -> (SessionManager<S, TestStore>, TestStore, Arc<ManualClock>)
where
    S: scs::KeptBy<TestStore>,
{
    let clock = Arc::new(ManualClock::new(START));
    let store = TestStore::over(MemoryStore::new().with_clock(clock.clone()));
    let sessions = SessionManager::builder(store.clone()).clock(clock.clone()).build().unwrap();
    (sessions, store, clock)
}

/// Commits and gives the new token's text, which must exist.
pub(crate) async fn commit<S: Session>(session: &scs::TypedSession<S>) -> String {
    trace();
    let committed = session.commit().await.unwrap();
    record_token(&committed.token().expect("the commit changed the token").expose())
}

/// A name that nothing else has, on no server and on no disk.
pub(crate) fn unique(purpose: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("scs_{purpose}_{}_{number}", std::process::id())
}

/// Prints every event, when the run is one that is searched for tokens (see `secrets`).
pub(crate) fn trace() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    if std::env::var("SCS_TOKENS").is_ok() {
        ONCE.call_once(|| {
            let everything = tracing_subscriber::filter::LevelFilter::TRACE;
            tracing_subscriber::fmt().with_max_level(everything).with_writer(std::io::stderr).init();
        });
    }
}

/// Every token that is issued anywhere in a test run goes through here, so that the log can be
/// searched for it (see `secrets`).
pub(crate) fn record_token(token: &str) -> String {
    record(token);
    token.to_owned()
}

/// A value of a field that must be in no log either. Eight bytes at least, and in nothing else that is printed.
pub(crate) fn record_value(value: &str) {
    record(&format!("value {value}"));
}

fn record(line: &str) {
    if let Ok(file) = std::env::var("SCS_TOKENS") {
        use std::io::Write as _;
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// The bytes of a token. Base64url is written out in `leaks` so that tests share no code with what they test.
pub(crate) fn bytes_of(token: &str) -> Vec<u8> {
    leaks::from_base64url(token)
}
