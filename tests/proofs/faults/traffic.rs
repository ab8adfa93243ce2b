//! Clients of two processes, each with one session at a time.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use scs::{Clock, Session, SessionError, SessionId, SessionManager, Token, TypedSession, store::AnyStore};
use tokio::task::JoinSet;

use super::book::Book;
use crate::support::{DAY, HOUR};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(index(max = 2, over = "reject"))]
    seat: Option<u64>,
    #[session(merge = "add")]
    hits: u64,
}

type Sessions = SessionManager<Visitor, AnyStore>;

const CLIENTS: usize = 8;
const ACCOUNTS: u64 = 3;
const SEATS: u64 = 2;
const PLACES: usize = 2;

/// As long as a call of the store may take.
const DEADLINE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct Traffic {
    processes: [Sessions; 2],
    book: Arc<Book>,
    /// Keeps the accounts of the rounds apart.
    round: u64,
}

impl Traffic {
    pub(super) fn new(stores: &[AnyStore; 2], clock: &Arc<dyn Clock>, book: Arc<Book>, round: u64) -> Self {
        let processes = stores.each_ref().map(|store| {
            let settings = SessionManager::builder(store.clone()).clock(clock.clone()).store_timeout(DEADLINE);
            settings.idle_timeout(20 * HOUR).absolute_timeout(10 * DAY).build().unwrap()
        });
        Self { processes, book, round }
    }

    pub(super) async fn run(&self, operations: usize) {
        let left = Arc::new(AtomicUsize::new(operations));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (traffic, left) = (self.clone(), left.clone());
            let chance = Rng::with_seed(self.round << 8 | number as u64);
            clients.spawn(async move {
                let mut client = Client { traffic, chance, session: None };
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    client.act().await;
                    tokio::time::sleep(Duration::from_millis(client.chance.u64(..20))).await;
                }
            });
        }
        clients.join_all().await;
    }

    /// Waits until the server takes writes again.
    pub(super) async fn wait_until_calm(&self) {
        for sessions in &self.processes {
            let writes = async || {
                let session = sessions.open(None).await?;
                session.set_hits(1);
                session.commit().await
            };
            while writes().await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Looks at everything, with nothing in the way.
    pub(super) async fn check(&self) {
        // What was cached may be served for a second.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let sessions = self.book.pages().sessions.clone();
        for process in &self.processes {
            let mut seated = vec![0; SEATS as usize];
            for (id, known) in &sessions {
                let session = process.open(known.token.as_str()).await.unwrap();
                self.book.see(*id, known.has_ended, standing(&session));
                if let Some(seat) = session.seat() {
                    seated[(seat % SEATS) as usize] += 1;
                }
            }
            assert!(seated.iter().all(|seated| *seated <= PLACES), "{seated:?} sessions have a seat");
            for account in 0..ACCOUNTS {
                let account = self.account(account);
                if !self.book.evicts {
                    let search = self.book.pages().begin_search(account);
                    let found = ids(&process.find(Visitor::by_account(account)).await.unwrap());
                    self.book.pages().end_search(&search, &found);
                }
            }
        }
        if self.book.evicts {
            return;
        }
        for account in 0..ACCOUNTS {
            let account = self.account(account);
            let number = self.book.pages().begin_revocation(account);
            self.processes[0].revoke_all(Visitor::by_account(account)).await.unwrap();
            self.book.pages().end_revocation(number, true);
        }
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        for (id, known) in &sessions {
            let session = self.processes[1].open(known.token.as_str()).await.unwrap();
            self.book.see(*id, true, standing(&session));
        }
    }

    const fn account(&self, number: u64) -> u64 {
        self.round * ACCOUNTS + number
    }
}

fn ids(found: &[TypedSession<Visitor>]) -> BTreeSet<SessionId> {
    found.iter().map(TypedSession::id).collect()
}

/// Whose session it is, and its additions; nothing if the token opened none.
fn standing(session: &TypedSession<Visitor>) -> Option<(u64, u64)> {
    (!session.is_new()).then(|| (session.account().unwrap_or(u64::MAX), session.hits()))
}

struct Client {
    traffic: Traffic,
    chance: Rng,
    session: Option<SessionId>,
}

impl Client {
    async fn act(&mut self) {
        let sessions = self.chance.choice(&self.traffic.processes).unwrap().clone();
        let account = self.traffic.account(self.chance.u64(..ACCOUNTS));
        match (self.session, self.chance.u8(..40)) {
            (_, 0..4) => self.find(&sessions, account).await,
            (_, 4..6) => self.find_seated(&sessions).await,
            (_, 6) => self.revoke_all(&sessions, account).await,
            (None, _) => self.sign_in(&sessions, account).await,
            (Some(id), what) => self.visit(&sessions, id, what).await,
        }
    }

    async fn sign_in(&mut self, sessions: &Sessions, account: u64) {
        let book = self.traffic.book.clone();
        let began = book.pages().tick();
        let session = sessions.open(None).await.unwrap();
        session.set_account(account);
        match session.commit().await {
            Ok(committed) => {
                let token = committed.token().map(Token::expose).unwrap();
                book.sign_in(session.id(), account, token, began);
                self.session = Some(session.id());
            }
            // A session may be there that nobody has the token of.
            Err(error) => book.fail("a sign-in", &error),
        }
    }

    async fn visit(&mut self, sessions: &Sessions, id: SessionId, what: u8) {
        let book = self.traffic.book.clone();
        let known = book.pages().known(id).clone();
        let session = match sessions.open(known.token.as_str()).await {
            Ok(session) => session,
            Err(error) => return book.fail("opening", &error),
        };
        book.see(id, known.has_ended, standing(&session));
        if session.is_new() {
            self.session = None;
            return;
        }
        match what {
            7..22 => session.add_hits(1),
            22..25 => session.renew(),
            25..30 => {
                book.pages().known(id).places_in_doubt += u32::from(book.loses_places);
                session.set_seat(self.traffic.round * SEATS + self.chance.u64(..SEATS));
            }
            30..32 => session.remove_seat(),
            32..34 => {
                book.pages().known(id).may_have_ended = true;
                session.destroy();
            }
            _ => {}
        }
        let committed = session.commit().await;
        self.note(id, what, committed);
    }

    fn note(&mut self, id: SessionId, what: u8, committed: Result<scs::Committed, SessionError>) {
        let book = self.traffic.book.clone();
        let error = match committed {
            Ok(committed) => {
                let mut pages = book.pages();
                let known = pages.known(id);
                known.hits.0 += u64::from(matches!(what, 7..22));
                known.places_in_doubt -= u32::from(book.loses_places && matches!(what, 25..30));
                if let Some(token) = committed.token().map(Token::expose) {
                    known.token = token;
                }
                if matches!(what, 32..34) {
                    known.has_ended = true;
                    self.session = None;
                }
                return;
            }
            Err(error) => error,
        };
        match error {
            SessionError::Gone | SessionError::SignInLost => {
                let mut pages = book.pages();
                let known = pages.known(id);
                assert!(known.may_be_over(), "a session is gone that nothing has ended, in {what}: {known:?}");
                self.session = None;
            }
            SessionError::LimitReached { .. } => book.pages().known(id).places_in_doubt -= u32::from(book.loses_places),
            error => {
                book.pages().known(id).hits.1 += u64::from(matches!(what, 7..22));
                // It may have another token now, or none.
                if matches!(what, 22..25 | 32..34) {
                    self.lose(id);
                }
                book.fail("a commit", &error);
            }
        }
    }

    /// Nobody knows the session's token any more.
    fn lose(&mut self, id: SessionId) {
        self.traffic.book.pages().known(id).may_have_ended = true;
        self.session = None;
    }

    async fn find(&self, sessions: &Sessions, account: u64) {
        let book = &self.traffic.book;
        let search = book.pages().begin_search(account);
        match sessions.find(Visitor::by_account(account)).await {
            Ok(found) => book.pages().end_search(&search, &ids(&found)),
            Err(error) => book.fail("a search", &error),
        }
    }

    async fn find_seated(&mut self, sessions: &Sessions) {
        let seat = self.traffic.round * SEATS + self.chance.u64(..SEATS);
        match sessions.find(Visitor::by_seat(seat)).await {
            Ok(found) => assert!(found.len() <= PLACES, "{} sessions have one seat", found.len()),
            Err(error) => self.traffic.book.fail("a search", &error),
        }
    }

    async fn revoke_all(&self, sessions: &Sessions, account: u64) {
        let book = &self.traffic.book;
        let number = book.pages().begin_revocation(account);
        let revoked = sessions.revoke_all(Visitor::by_account(account)).await;
        book.pages().end_revocation(number, revoked.is_ok());
        if let Err(error) = revoked {
            book.fail("a revocation", &error);
        }
    }
}
