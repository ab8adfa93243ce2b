//! Requests that race with the end of their session.

use fastrand::Rng;
use scs::{SessionError, TypedSession};

use super::{
    endings::Ending,
    session::{Ended, Sessions, Visitor, issued},
};

/// A request that reads before it writes, with any number of other calls in between.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Racer {
    Read,
    Add,
    Update,
    Pop,
    Claim,
    Renew,
    SignIn,
}

/// What a request leaves behind that began before the end: a session that is still open, and a token.
pub(super) struct Late {
    pub(super) session: TypedSession<Visitor>,
    pub(super) token: Option<String>,
}

impl Racer {
    pub(super) fn any(chance: &mut Rng, ending: Ending) -> Self {
        let racers = [Self::Read, Self::Add, Self::Update, Self::Pop, Self::Claim, Self::Renew, Self::SignIn];
        // A sign-in begins a new life, so that the deadline does not come.
        let may_sign_in = ending != Ending::Expire;
        *chance.choice(&racers[..racers.len() - usize::from(!may_sign_in)]).unwrap()
    }

    pub(super) async fn run(self, ended: Ended, sessions: Sessions) -> Option<Late> {
        let session = sessions.open(ended.token.as_str()).await.unwrap();
        if session.is_new() {
            assert!(session.account().is_none());
            return None;
        }
        self.change(&session, ended.account).await;
        let token = match session.commit().await {
            Ok(committed) => issued(&committed),
            Err(SessionError::Gone | SessionError::SignInLost) => None,
            Err(error) => panic!("{error}"),
        };
        Some(Late { session, token })
    }

    async fn change(self, session: &TypedSession<Visitor>, account: u64) {
        match self {
            Self::Read => {}
            Self::Add => session.add_hits(1),
            Self::Update => session.update_visits(|visits| *visits += 1),
            Self::Pop => drop(session.pop_notice()),
            Self::Claim => drop(session.claim_notice().await.unwrap()),
            Self::Renew => session.renew(),
            Self::SignIn => session.set_account(account),
        }
    }
}
