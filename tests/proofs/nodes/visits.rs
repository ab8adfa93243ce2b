//! What visitors of two processes do while an account is revoked.

use fastrand::Rng;
use scs::{Session, SessionError, SessionManager, Token, TypedSession, store::AnyStore};

use super::{BYSTANDER, Left, Life, Order, REVOKED, SPARED, World};
use crate::support::commit;

#[derive(Session)]
pub(super) struct Visitor {
    #[session(index, renews)]
    pub(super) account: Option<u64>,
    #[session(merge = "add")]
    pub(super) hits: u64,
}

pub(super) type Sessions = SessionManager<Visitor, AnyStore>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    SignIn(u64),
    /// With what the account has elsewhere.
    SignInWith(u64),
    Renew,
    /// A request that counts itself and leaves everything else as it is.
    Hit,
}

impl Visit {
    pub(super) fn any(chance: &mut Rng) -> Self {
        let account = if chance.u8(..4) > 0 { REVOKED } else { SPARED };
        match chance.u8(..8) {
            0..3 => Self::SignIn(account),
            3..5 => Self::SignInWith(account),
            5 => Self::Renew,
            _ => Self::Hit,
        }
    }

    const fn account(self) -> Option<u64> {
        match self {
            Self::SignIn(account) | Self::SignInWith(account) => Some(account),
            Self::Renew | Self::Hit => None,
        }
    }
}

/// Strangers and members of two accounts, each seen by both processes; the last has an account to itself.
pub(super) async fn prepare(world: &World) -> Vec<Life> {
    let processes: [Sessions; 2] = world.processes();
    let mut lives = Vec::new();
    let accounts = [None, Some(REVOKED), Some(SPARED), None, Some(REVOKED), Some(BYSTANDER)];
    for (number, account) in accounts.into_iter().enumerate() {
        let sessions = &processes[number % 2];
        let session = sessions.open("").await.unwrap();
        session.set_hits(1);
        if let Some(account) = account {
            session.set_account(account);
        }
        lives.push(Life { token: commit(&session).await, id: session.id(), account, acknowledged: 0 });
        for sessions in &processes {
            assert!(!sessions.open(&lives[number].token).await.unwrap().is_new());
        }
    }
    lives
}

/// One request after the other, each in a process of its own choice and with the latest token.
pub(super) async fn run(visits: Vec<Visit>, begins_with: Option<Life>, processes: [Sessions; 2], order: Order) -> Left {
    let mut life = begins_with;
    let mut left = Left::default();
    for (visit, sessions) in visits.into_iter().zip(processes) {
        if let Some(next) = request(visit, life.as_ref(), &sessions, &order).await {
            left.lives.push(next.clone());
            life = Some(next);
        }
    }
    left
}

/// The token that the client is given, and what it stands for.
async fn request(visit: Visit, life: Option<&Life>, sessions: &Sessions, order: &Order) -> Option<Life> {
    let session = sessions.open(life.map(|life| life.token.as_str())).await.unwrap();
    let goes_on = life.filter(|_| !session.is_new());
    change(visit, &session).await;
    let token = match session.commit().await {
        Ok(committed) => committed.token().map(Token::expose)?,
        // The last where a turn did not come in time because the machine has other things to do. Nothing was written.
        Err(SessionError::Gone | SessionError::SignInLost | SessionError::Contended { .. }) => return None,
        Err(error) => panic!("{visit:?}: {error}"),
    };
    let acknowledged = order.next();
    let former = goes_on.map(|life| (life.account, life.acknowledged));
    let (account, acknowledged) = match visit.account() {
        Some(account) => (Some(account), acknowledged),
        None => former.unwrap_or((None, acknowledged)),
    };
    Some(Life { token, id: session.id(), account, acknowledged })
}

async fn change(visit: Visit, session: &TypedSession<Visitor>) {
    match visit {
        Visit::SignIn(account) => session.set_account(account),
        Visit::SignInWith(account) => drop(session.login_with(Visitor::by_account(account)).await.unwrap()),
        Visit::Renew => session.renew(),
        Visit::Hit => session.add_hits(1),
    }
}
