//! What is measured: three operations on sessions, of a raw client, of a store, or of a whole application.

use std::time::{SystemTime, UNIX_EPOCH};

/// Something that keeps sessions. Clones share connections.
pub trait Subject: Clone + Send + Sync + 'static {
    /// What it knows a session by.
    type Session: Clone + Send + Sync + 'static;

    fn create(&self) -> impl Future<Output = Self::Session> + Send;
    fn read(&self, session: &Self::Session) -> impl Future<Output = ()> + Send;
    /// Reads a session and writes it if nobody else has meanwhile.
    fn change(&self, session: &Self::Session) -> impl Future<Output = ()> + Send;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Read,
    Change,
    Create,
}

impl Operation {
    pub const ALL: [Self; 3] = [Self::Read, Self::Change, Self::Create];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Create => "create",
        }
    }

    pub async fn of<S: Subject>(self, subject: &S, session: &S::Session) {
        match self {
            Self::Read => subject.read(session).await,
            Self::Change => subject.change(session).await,
            Self::Create => drop(subject.create().await),
        }
    }
}

/// An id as sessions have them: it begins with the time, which is kind to the trees of databases.
pub fn new_id() -> [u8; 16] {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_millis();
    (millis << 80 | fastrand::u128(..) >> 48).to_be_bytes()
}

/// For how long everything is kept.
pub const LIFETIME: std::time::Duration = std::time::Duration::from_hours(1);

/// The bytes after a change.
pub fn changed(payload: &[u8]) -> Vec<u8> {
    let mut changed = payload.to_vec();
    changed[0] = changed[0].wrapping_add(1);
    changed
}
