//! The ways in which a session ends.

use std::time::{Duration, Instant};

use fastrand::Rng;
use scs::{
    Clock as _, SystemClock, TypedSession,
    store::{AnyStore, Store as _},
};

use super::session::{Ended, Sessions, Visitor};
use crate::support::SECOND;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// By the visitor, whose token may have been renewed meanwhile, or else by an administrator.
    LogOut,
    Revoke,
    RevokeAll,
    /// By its deadline. Waiting for it takes time, so this one is rare.
    Expire,
}

/// How long a session has left when its deadline is set, and how often it is looked at.
const LEFT: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_millis(5);

impl Ending {
    pub(super) fn any(chance: &mut Rng) -> Self {
        match chance.u8(..32) {
            0 => Self::Expire,
            1..11 => Self::LogOut,
            11..21 => Self::Revoke,
            _ => Self::RevokeAll,
        }
    }

    /// Returns when the session has ended.
    pub(super) async fn run(self, ended: &Ended, sessions: &Sessions, store: &AnyStore) {
        match self {
            Self::LogOut => log_out(ended, sessions).await,
            Self::Revoke => assert!(sessions.revoke(ended.id).await.unwrap()),
            Self::RevokeAll => {
                assert_eq!(sessions.revoke_all(Visitor::by_account(ended.account)).await.unwrap(), 1);
            }
            Self::Expire => expire(ended, sessions, store).await,
        }
    }
}

async fn log_out(ended: &Ended, sessions: &Sessions) {
    let session = sessions.open(ended.token.as_str()).await.unwrap();
    let session = if session.is_new() { by_id(ended, sessions).await } else { session };
    session.destroy();
    session.commit().await.unwrap();
}

async fn expire(ended: &Ended, sessions: &Sessions, store: &AnyStore) {
    let session = by_id(ended, sessions).await;
    session.set_deadline(SystemClock.now() + LEFT);
    session.commit().await.unwrap();
    let began = Instant::now();
    while store.load(ended.id).await.unwrap().is_some() {
        assert!(began.elapsed() < 10 * SECOND, "the session outlives its deadline");
        tokio::time::sleep(LOOK).await;
    }
}

async fn by_id(ended: &Ended, sessions: &Sessions) -> TypedSession<Visitor> {
    sessions.get(ended.id).await.unwrap().expect("nobody else ends it")
}
