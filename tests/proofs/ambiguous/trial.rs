//! One session's life, in which any call may fail.

use std::{
    ops::{Range, RangeInclusive},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all, stream};
use scs::{Committed, Session, SessionError, SessionId, SessionManager, TypedSession, store::AnyStore};

/// Sessions under way at once.
const AT_ONCE: usize = 32;

/// Requests that change one session at once.
const CLIENTS: u32 = 4;

/// How often each does.
const CHANGES: u64 = 4;

/// As long as a client tries again.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(merge = "add")]
    hits: u64,
    visits: u64,
    cart: Vec<u32>,
    #[session(flash)]
    prize: Option<u64>,
}

type Sessions = SessionManager<Visitor, AnyStore>;
type Visit = TypedSession<Visitor>;

/// Clients whose store fails, and one who sees what is stored.
#[derive(Clone)]
pub(super) struct Trial {
    faulty: Sessions,
    clear: Sessions,
}

impl Trial {
    /// Calls of the faulty store may take this long.
    pub(super) fn new(faulty: AnyStore, deadline: Duration, clear: AnyStore) -> Self {
        let faulty = Sessions::builder(faulty).store_timeout(deadline).build().unwrap();
        Self { faulty, clear: Sessions::new(clear) }
    }

    pub(super) async fn all(self, rounds: Range<u64>) {
        let rounds = stream::iter(rounds).map(|round| tokio::spawn(self.clone().round(round)));
        rounds.buffer_unordered(AT_ONCE).for_each(async |round| round.unwrap()).await;
    }

    async fn round(self, round: u64) {
        let accounts = [2 * round, 2 * round + 1];
        self.creates(accounts[0]).await;
        let token = self.begin(accounts[0]).await;
        self.changes(&token).await;
        self.claims(&token, accounts[0]).await;
        let id = self.signs_in(&token, accounts).await;
        self.logs_out(id, accounts).await;
    }

    /// A session whose creation nobody was told of is there at most once, and nobody holds it.
    async fn creates(&self, account: u64) {
        let session = self.faulty.open(None).await.unwrap();
        session.set_account(account);
        let token = commit(&session).await.map(|committed| committed.token().unwrap().expose());
        let stored = self.clear.find(Visitor::by_account(account)).await.unwrap();
        match token {
            Some(token) => assert_eq!(self.clear.open(&token).await.unwrap().account(), Some(account)),
            None => assert!(stored.len() <= 1, "an unacknowledged creation left {} sessions", stored.len()),
        }
        let _ = self.clear.revoke_all(Visitor::by_account(account)).await.unwrap();
    }

    async fn begin(&self, account: u64) -> String {
        let session = self.clear.open(None).await.unwrap();
        session.set_account(account);
        session.set_prize(account);
        session.commit().await.unwrap().token().unwrap().expose()
    }

    async fn open(&self, token: &str) -> Visit {
        at_last(|| self.faulty.open(token)).await
    }

    /// Each client adds at its own place of a number, by `add`, by `update` and into a list.
    async fn changes(&self, token: &str) {
        let clients = (0..CLIENTS).map(|client| {
            let (trial, token) = (self.clone(), token.to_owned());
            tokio::spawn(async move { trial.adds(&token, client).await })
        });
        let told = join_all(clients).await;
        let session = self.clear.open(token).await.unwrap();
        for (client, told) in (0..CLIENTS).zip(told) {
            assert_done(&session, client, told.unwrap()..=CHANGES);
        }
    }

    /// How often the client was told that it is done.
    async fn adds(&self, token: &str, client: u32) -> u64 {
        let mut told = 0;
        for tried in 1..=CHANGES {
            let session = self.open(token).await;
            session.add_hits(place(client));
            session.update_visits(move |visits| *visits += place(client));
            session.update_cart(move |cart| cart.push(client));
            told += u64::from(commit(&session).await.is_some());
            at_last(|| session.reload()).await;
            assert_done(&session, client, told..=tried);
        }
        told
    }

    /// Of two who claim at most one gets it, and one does if neither met an error.
    async fn claims(&self, token: &str, prize: u64) {
        let sessions = [self.open(token).await, self.open(token).await];
        let claims = join_all(sessions.iter().map(|session| session.claim_prize())).await;
        let got = claims.iter().filter(|claim| matches!(claim, Ok(Some(_)))).count();
        let failed = claims.iter().filter(|claim| claim.is_err()).count();
        assert!(got == 1 || (got == 0 && failed > 0), "{claims:?}");
        let left = self.clear.open(token).await.unwrap().peek_prize();
        assert_eq!(left.filter(|_| got == 1), None, "what was claimed is still there");
        assert!(left.is_none_or(|left| left == prize));
    }

    /// Exactly one secret works, and it is no other than the one whose account is stored.
    async fn signs_in(&self, token: &str, [former, new]: [u64; 2]) -> SessionId {
        let session = self.open(token).await;
        session.set_account(new);
        let committed = commit(&session).await;
        let stored = self.clear.open(token).await.unwrap();
        if let Some(committed) = committed {
            assert!(stored.is_new(), "the former token works after a sign-in");
            let renewed = self.clear.open(&committed.token().unwrap().expose()).await.unwrap();
            assert_eq!(renewed.account(), Some(new));
        } else if !stored.is_new() {
            assert_eq!(stored.account(), Some(former), "a token from before a sign-in is signed in");
        } else {
            let stored = self.clear.get(session.id()).await.unwrap().expect("a failed sign-in ended the session");
            assert_eq!(stored.account(), Some(new), "no token works, and nobody has signed in");
        }
        session.id()
    }

    /// A logout may be tried until it is done, and then it is.
    async fn logs_out(&self, id: SessionId, accounts: [u64; 2]) {
        let session = at_last(|| self.faulty.get(id)).await.expect("nobody has logged out yet");
        session.destroy();
        at_last(|| session.commit()).await;
        assert!(self.clear.get(id).await.unwrap().is_none(), "an acknowledged logout did not happen");
        for account in accounts {
            let found = self.clear.find(Visitor::by_account(account)).await.unwrap();
            assert!(found.iter().all(|session| session.id() != id), "a session that has ended is found");
        }
    }
}

/// Tries until it succeeds: what failed is not repeated by anyone else.
async fn at_last<T, F: Future<Output = Result<T, SessionError>>>(run: impl Fn() -> F) -> T {
    let began = Instant::now();
    loop {
        match run().await {
            Ok(done) => return done,
            Err(error) => assert!(error.is_transient() && began.elapsed() < PATIENCE, "{error:?}"),
        }
    }
}

/// Commits, and once more after an error, as clients do: what may have been done is refused then.
async fn commit(session: &Visit) -> Option<Committed> {
    match session.commit().await {
        Ok(committed) => Some(committed),
        Err(error) => {
            assert!(error.is_transient(), "{error:?}");
            session.commit().await.ok()
        }
    }
}

/// Where a client counts.
fn place(client: u32) -> u64 {
    1000_u64.pow(client)
}

/// What the client did is there as often as it was told, and at most as often as it tried, each time all of it.
fn assert_done(session: &Visit, client: u32, times: RangeInclusive<u64>) {
    let count = |number: u64| number / place(client) % 1000;
    let pushed = session.cart().iter().filter(|item| **item == client).count() as u64;
    let done = [count(session.hits()), count(session.visits()), pushed];
    assert!(done == [pushed; 3] && times.contains(&pushed), "{done:?} done of {times:?}");
}
