//! At most one session of an account, whichever of two processes signs it in.

use std::time::Duration;

use fastrand::Rng;
use scs::{Session, SessionError, SessionManager, Token, store::AnyStore};

use super::{SPARED, World, in_company};
use crate::{
    ledger::Proof,
    schedules::{Gate, Task, drive},
    support::{SECOND, commit},
};

#[derive(Session)]
struct Single {
    #[session(index(max = 1), renews)]
    account: Option<u64>,
    hits: u64,
}

type Sessions = SessionManager<Single, AnyStore>;

const ACCOUNT: u64 = 7;

/// As long as one step takes at most, in milliseconds: a place is kept for ten seconds until its record is written.
const LONGEST_STEP: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_all_who_sign_in_at_two_processes_one_is_left_and_each_was_answered() {
    let proof = Proof { name: "nodes_with_one_place", store: "Tiered", rounds: 50_000 };
    proof.prove(async |rounds| in_company(rounds, schedule).await).await;
}

async fn schedule(round: u64) {
    let mut chance = Rng::with_seed(round);
    let world = World::new();
    let before = prepare(&world).await;
    let with_caches = chance.bool();
    let gate = Gate::with(chance.usize(1..=3), chance.bool());
    let processes: [Sessions; 2] = world.gated(&gate, with_caches);
    let mut tasks: Vec<Task<Option<String>>> = Vec::new();
    for number in 0..chance.usize(2..=4) {
        // Each of those that were there before is one browser, which makes one request.
        let token = before.get(number).filter(|_| chance.bool()).cloned();
        tasks.push(Box::pin(sign_in(token, chance.choice(&processes).unwrap().clone(), round)));
    }
    let clock = world.clock.clone();
    let given = drive(&gate, tasks, |waiting| {
        clock.advance(Duration::from_millis(chance.u64(..LONGEST_STEP)));
        chance.usize(..waiting)
    });
    let given = given.await;
    gate.lift();
    let tale = format!("round {round}, caches behind the gate {with_caches}: {gate}");
    check(&world, &processes, before.into_iter().chain(given.into_iter().flatten()).collect(), &tale).await;
}

/// A stranger, a member of another account and one of this, as both processes have them in their caches.
async fn prepare(world: &World) -> Vec<String> {
    let processes: [Sessions; 2] = world.processes();
    let mut tokens = Vec::new();
    for account in [None, Some(SPARED), Some(ACCOUNT)] {
        let session = processes[0].open("").await.unwrap();
        session.set_hits(1);
        if let Some(account) = account {
            session.set_account(account);
        }
        tokens.push(commit(&session).await);
        for sessions in &processes {
            assert!(!sessions.open(tokens.last().unwrap()).await.unwrap().is_new());
        }
    }
    tokens
}

/// A session that was evicted meanwhile cannot be signed in any more; everybody else is.
async fn sign_in(token: Option<String>, sessions: Sessions, round: u64) -> Option<String> {
    let session = sessions.open(token.as_deref()).await.unwrap();
    let was_there = !session.is_new();
    session.set_account(ACCOUNT);
    match session.commit().await {
        Ok(committed) => committed.token().map(Token::expose),
        Err(SessionError::Gone | SessionError::SignInLost) if was_there => None,
        Err(error) => panic!("round {round}: {error}"),
    }
}

async fn check(world: &World, processes: &[Sessions; 2], tokens: Vec<String>, tale: &String) {
    world.clock.advance(2 * SECOND);
    let durable: Sessions = world.sessions(AnyStore::new(world.durable.clone()));
    for sessions in processes.iter().chain([&durable]) {
        let mut signed_in = 0;
        for token in &tokens {
            signed_in += usize::from(sessions.open(token).await.unwrap().account() == Some(ACCOUNT));
        }
        let found = sessions.find(Single::by_account(ACCOUNT)).await.unwrap().len();
        assert_eq!((signed_in, found), (1, 1), "{tale}");
    }
}
