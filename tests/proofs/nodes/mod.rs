//! Two processes, each with a cache of its own in front of the store that they share.
//!
//! What is due: a revocation ends every sign-in that had been acknowledged before it began, whichever process
//! acknowledged it and whatever the other one has cached. Once the staleness has passed no process opens such a
//! session with any token that it ever had, nor finds it. A session that signs in later, or with another account, goes
//! on, and so does each whose account was not revoked. With a limit of one session at most one is left, and each sign-in
//! was answered.

mod single;
mod visits;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use scs::{KeptBy, ManualClock, MemoryStore, SessionId, SessionManager, store::AnyStore};
use scs_stores::{MemoryCache, Tiered};

use self::visits::{Sessions, Visit, Visitor};
use crate::{
    ledger::Proof,
    schedules::{Gate, Task, drive},
    support::{MINUTE, SECOND, START},
};

/// The account that is revoked, one that is not, and one that nobody else signs in to.
const REVOKED: u64 = 7;
const SPARED: u64 = 8;
const BYSTANDER: u64 = 9;

/// Schedules under way at once.
const AT_ONCE: usize = 8;

/// As long as one step of a schedule takes at most, in milliseconds: the cached becomes too old in many of them.
const LONGEST_STEP: u64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revocation_ends_what_either_process_has_acknowledged_before() {
    let proof = Proof { name: "nodes", store: "Tiered", rounds: 100_000 };
    proof.prove(async |rounds| in_company(rounds, schedule).await).await;
}

async fn in_company<F>(rounds: Range<u64>, schedule: fn(u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let schedules = stream::iter(rounds).map(|round| tokio::spawn(schedule(round)));
    schedules.buffer_unordered(AT_ONCE).for_each(async |schedule| schedule.unwrap()).await;
}

/// The store that all share, and the caches of two processes, on one clock.
struct World {
    clock: Arc<ManualClock>,
    durable: MemoryStore,
    caches: [MemoryCache; 2],
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let durable = MemoryStore::new().with_clock(clock.clone());
        let caches = [(); 2].map(|()| MemoryCache::new(1_000).with_clock(clock.clone()));
        Self { clock, durable, caches }
    }

    /// The processes before anything races.
    fn processes<S: scs::Session + KeptBy<AnyStore>>(&self) -> [SessionManager<S, AnyStore>; 2] {
        self.caches.each_ref().map(|cache| {
            let node = Tiered::builder(cache.clone(), self.durable.clone()).clock(self.clock.clone());
            self.sessions(AnyStore::new(node.build()))
        })
    }

    /// The same behind a gate, which holds back what the caches are asked too if it is to.
    fn gated<S: scs::Session + KeptBy<AnyStore>>(&self, gate: &Gate, caches: bool) -> [SessionManager<S, AnyStore>; 2] {
        self.caches.each_ref().map(|cache| {
            let durable = gate.before(self.durable.clone());
            let store = match caches {
                true => {
                    let node = Tiered::builder(gate.before(cache.clone()), durable).clock(self.clock.clone());
                    AnyStore::new(node.build())
                }
                false => AnyStore::new(Tiered::builder(cache.clone(), durable).clock(self.clock.clone()).build()),
            };
            self.sessions(store)
        })
    }

    fn sessions<S: scs::Session + KeptBy<AnyStore>>(&self, store: AnyStore) -> SessionManager<S, AnyStore> {
        // A call may wait at the gate for longer than a store would take.
        SessionManager::builder(store).clock(self.clock.clone()).store_timeout(MINUTE).build().unwrap()
    }
}

/// A token that somebody was given, and what it stands for.
#[derive(Clone, Debug)]
struct Life {
    token: String,
    id: SessionId,
    account: Option<u64>,
    /// When the sign-in was acknowledged that it comes from.
    acknowledged: u64,
}

/// Counts what was acknowledged and what began, so that one can be told to be before the other.
#[derive(Clone, Default)]
struct Order(Arc<AtomicU64>);

impl Order {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// What a task leaves behind: tokens, and when its revocation began.
#[derive(Default)]
struct Left {
    lives: Vec<Life>,
    revoked: Option<u64>,
}

async fn schedule(round: u64) {
    let mut chance = Rng::with_seed(round);
    let world = World::new();
    let mut lives = visits::prepare(&world).await;
    let bystander = lives.last().cloned().unwrap();
    let with_caches = chance.bool();
    let gate = Gate::with(chance.usize(1..=3), chance.bool());
    let processes: [Sessions; 2] = world.gated(&gate, with_caches);
    let order = Order::default();

    let mut tasks: Vec<Task<Left>> = Vec::new();
    for _ in 0..chance.usize(1..=2) {
        tasks.push(Box::pin(revoke(chance.choice(&processes).unwrap().clone(), order.clone())));
    }
    let mut doing = Vec::new();
    for _ in 0..chance.usize(2..=4) {
        let visits: Vec<Visit> = (0..chance.usize(1..=2)).map(|_| Visit::any(&mut chance)).collect();
        // The last is a bystander: nobody touches that session.
        let begins_with = chance.choice(&lives[..lives.len() - 1]).filter(|_| chance.u8(..4) > 0).cloned();
        let processes = [(); 2].map(|()| chance.choice(&processes).unwrap().clone());
        doing.push((begins_with.as_ref().map(|life| life.account), visits.clone()));
        tasks.push(Box::pin(visits::run(visits, begins_with, processes, order.clone())));
    }
    let clock = world.clock.clone();
    let left = drive(&gate, tasks, |waiting| {
        clock.advance(Duration::from_millis(chance.u64(..LONGEST_STEP)));
        chance.usize(..waiting)
    });
    let left = left.await;
    gate.lift();

    let began = left.iter().filter_map(|left| left.revoked).max().unwrap();
    lives.extend(left.into_iter().flat_map(|left| left.lives));
    let tale = format!("round {round}, caches behind the gate {with_caches}, {doing:?}: {gate}");
    check(&world, &processes, &lives, began, with_caches, &tale).await;
    assert!(opens(&processes[0], &bystander).await && opens(&processes[1], &bystander).await, "{tale}");
}

async fn revoke(sessions: Sessions, order: Order) -> Left {
    let began = order.next();
    sessions.revoke_all(Visitor::by_account(REVOKED)).await.unwrap();
    Left { lives: Vec::new(), revoked: Some(began) }
}

async fn opens(sessions: &Sessions, life: &Life) -> bool {
    let session = sessions.open(&life.token).await.unwrap();
    !session.is_new() && session.account() == life.account
}

/// Nothing opens nor finds what was signed in before the revocation began.
async fn check(world: &World, processes: &[Sessions; 2], lives: &[Life], began: u64, with_caches: bool, tale: &String) {
    // A cache whose answers were delayed may serve what is outdated for that time again.
    world.clock.advance(if with_caches { 2 * SECOND } else { SECOND });
    let is_theirs = |life: &&Life| life.account == Some(REVOKED);
    let durable: Sessions = world.sessions(AnyStore::new(world.durable.clone()));
    for sessions in processes.iter().chain([&durable]) {
        for life in lives.iter().filter(is_theirs).filter(|life| life.acknowledged < began) {
            let session = sessions.open(&life.token).await.unwrap();
            let is_anonymous = session.is_new() && session.account().is_none();
            assert!(is_anonymous, "{life:?}, revoked at {began}, in {tale}");
        }
        for found in sessions.find(Visitor::by_account(REVOKED)).await.unwrap() {
            let mut later = lives.iter().filter(is_theirs).filter(|life| life.acknowledged > began);
            assert!(later.any(|life| life.id == found.id()), "{} is found in {tale}", found.id());
        }
    }
}
