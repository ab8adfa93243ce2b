//! Worlds: a store in memory with a few sessions in it, on a clock that moves with the schedule.

use std::{sync::Arc, time::Duration};

use scs::{
    ManualClock, MemoryStore, SessionManager,
    store::{AnyStore, Purge as _},
};

use super::{
    Gate,
    driver::{Task, drive},
    request::{Answer, Client, Request, Sessions, Visitor},
};
use crate::support::{MINUTE, START, commit};

/// A request of a browser.
pub(crate) type By = (usize, Request);

pub(super) struct World {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    /// The tokens that the browsers began with.
    tokens: Arc<[String]>,
}

/// What came of a schedule, in terms that do not depend on ids and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) answers: Vec<Answer>,
    /// What each token opens: first those that the browsers began with, then what each request got.
    opened: Vec<Option<String>>,
    records: usize,
    pub(super) signed_in: usize,
}

/// Whose sessions exist before: the first browser and so many others are signed in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cast {
    pub(super) browsers: usize,
    pub(super) signed_in: usize,
}

/// The account that the browsers sign in to.
pub(super) const ACCOUNT: u64 = 7;

impl World {
    pub(super) async fn new(cast: Cast) -> Self {
        // Ids are random, and a list in their order is a choice that nobody made.
        fastrand::seed(0);
        let clock = Arc::new(ManualClock::new(START));
        let store = MemoryStore::new().with_clock(clock.clone());
        let mut world = Self { store, clock, tokens: Arc::default() };
        let mut tokens = Vec::new();
        for browser in 0..cast.browsers {
            tokens.push(world.prepare(browser < cast.signed_in).await);
        }
        world.tokens = tokens.into();
        // So much that whoever only reads moves the expiry.
        world.clock.advance(10 * MINUTE);
        world
    }

    async fn prepare(&self, signed_in: bool) -> String {
        self.tick();
        let session = self.open_sessions().open(None).await.unwrap();
        session.set_notice("saved");
        if signed_in {
            session.set_account(ACCOUNT);
        }
        commit(&session).await
    }

    fn tick(&self) {
        self.clock.advance(Duration::from_millis(1));
    }

    fn sessions<B>(&self, store: B) -> SessionManager<Visitor, B>
    where
        Visitor: scs::KeptBy<B>,
    {
        // A schedule takes no time, and a call may wait for its turn in it as long as it likes.
        SessionManager::builder(store).clock(self.clock.clone()).store_timeout(60 * MINUTE).build().unwrap()
    }

    fn open_sessions(&self) -> SessionManager<Visitor, MemoryStore> {
        self.sessions(self.store.clone())
    }

    /// Runs requests at once; `processes` says whether each is in a process of its own.
    pub(super) async fn race(
        &self,
        requests: &[By],
        gate: &Gate,
        processes: bool,
        mut choose: impl FnMut(usize) -> usize,
    ) -> Outcome {
        let store = gate.before(AnyStore::new(self.store.clone()));
        let shared = self.sessions(store.clone());
        let tasks = requests.iter().map(|&(browser, request)| {
            let sessions = if processes { self.sessions(store.clone()) } else { shared.clone() };
            Box::pin(request.run(self.client(browser, sessions, gate))) as Task<_>
        });
        let choose = |of| {
            self.tick();
            choose(of)
        };
        let ended = drive(gate, tasks.collect(), choose).await;
        self.outcome(ended).await
    }

    /// Runs requests one after the other, in this order; their answers come in the order of the requests.
    pub(super) async fn serially(&self, requests: &[By], order: &[usize]) -> Outcome {
        let mut ended: Vec<_> = requests.iter().map(|_| (Answer::Lost, None)).collect();
        for &next in order {
            let (browser, request) = requests[next];
            let gate = Gate::of_calls();
            let sessions = self.sessions(gate.before(AnyStore::new(self.store.clone())));
            let task = Box::pin(request.run(self.client(browser, sessions, &gate))) as Task<_>;
            let first = |_| {
                self.tick();
                0
            };
            ended[next] = drive(&gate, vec![task], first).await.remove(0);
        }
        self.outcome(ended).await
    }

    fn client(&self, browser: usize, sessions: Sessions, gate: &Gate) -> Client {
        Client { sessions, gate: gate.clone(), clock: self.clock.clone(), tokens: self.tokens.clone(), browser }
    }

    async fn outcome(&self, ended: Vec<(Answer, Option<String>)>) -> Outcome {
        let (answers, issued): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
        let sessions = self.open_sessions();
        let mut opened = Vec::new();
        let mut ids = Vec::new();
        for token in self.tokens.iter().cloned().map(Some).chain(issued) {
            let session = sessions.open(token.as_deref()).await.unwrap();
            let live = (!session.is_new()).then(|| format!("{:?}", session.snapshot()));
            ids.extend(live.is_some().then(|| session.id()));
            opened.push(live);
        }
        let secrets = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), secrets, "one secret opens a session, and no other");
        let signed_in = sessions.find(Visitor::by_account(ACCOUNT)).await.unwrap().len();
        self.store.purge(usize::MAX).await.unwrap();
        let records = self.store.statistics().sessions;
        Outcome { answers, opened, records, signed_in }
    }
}
