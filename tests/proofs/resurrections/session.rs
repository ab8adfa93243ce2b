//! The session that ends, and what must be true of it afterwards.

use std::fmt::Debug;

use fastrand::Rng;
use scs::{
    KeptBy, Session, SessionError, SessionId, SessionManager, Token,
    store::{AnyStore, Store},
};

use super::racers::Late;
use crate::{
    schedules::Gated,
    support::{MINUTE, commit},
};

/// Of so many schedules one ends with a list of all sessions.
const LISTED: u64 = 100;

#[derive(Session, Debug)]
pub(super) struct Visitor {
    #[session(index, renews)]
    pub(super) account: Option<u64>,
    #[session(merge = "add")]
    pub(super) hits: u64,
    pub(super) visits: u64,
    #[session(flash)]
    pub(super) notice: Option<String>,
}

pub(super) type Sessions = SessionManager<Visitor, Gated<AnyStore>>;

pub(super) fn sessions<B>(store: B) -> SessionManager<Visitor, B>
where
    Visitor: KeptBy<B>,
{
    // A call may wait at the gate for longer than a store would take.
    SessionManager::builder(store).store_timeout(MINUTE).build().unwrap()
}

/// The session that ends.
#[derive(Clone)]
pub(super) struct Ended {
    pub(super) id: SessionId,
    pub(super) token: String,
    /// The account that it is signed in to, and no other session.
    pub(super) account: u64,
}

impl Ended {
    pub(super) async fn prepare(store: &AnyStore, account: u64, chance: &mut Rng) -> Self {
        let session = sessions(store.clone()).open(None).await.unwrap();
        session.set_account(account);
        session.set_notice("saved");
        let token = commit(&session).await;
        if chance.u8(..4) == 0 {
            age(store, session.id()).await;
        }
        Self { id: session.id(), token, account }
    }

    /// Whoever presents this token is anonymous.
    pub(super) async fn check_token<B>(
        &self,
        sessions: &SessionManager<Visitor, B>,
        token: &str,
        tale: &(dyn Debug + Sync),
    ) {
        let session = sessions.open(token).await.unwrap();
        let is_anonymous = session.is_new() && session.account().is_none() && session.id() != self.id;
        assert!(is_anonymous, "{session:?} in {tale:?}");
    }

    /// Nothing shows the session again, and nothing that was late brings it back.
    pub(super) async fn check(
        &self,
        sessions: &SessionManager<Visitor, AnyStore>,
        late: impl Iterator<Item = Late>,
        tale: &String,
    ) {
        for Late { session, token } in late {
            session.add_hits(1);
            let written = session.commit().await;
            assert!(matches!(written, Err(SessionError::Gone | SessionError::SignInLost)), "{written:?} in {tale}");
            if let Some(token) = token {
                self.check_token(sessions, &token, tale).await;
            }
        }
        self.check_token(sessions, &self.token, tale).await;
        assert!(sessions.get(self.id).await.unwrap().is_none(), "{tale}");
        assert!(sessions.find(Visitor::by_account(self.account)).await.unwrap().is_empty(), "{tale}");
        if self.account.is_multiple_of(LISTED) {
            let all = sessions.iterate().await.unwrap();
            assert!(all.iter().all(|session| session.id() != self.id), "{tale}");
        }
    }
}

/// Makes the session look as if no request had come for a while: one that only reads moves its expiry then.
async fn age(store: &AnyStore, id: SessionId) {
    let stored = store.load(id).await.unwrap().unwrap();
    store.touch(id, stored.revision(), stored.ttl() / 2).await.unwrap();
}

/// The new token that a commit gave the client.
pub(super) fn issued(committed: &scs::Committed) -> Option<String> {
    committed.token().map(Token::expose)
}
