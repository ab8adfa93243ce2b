//! What users see of it: sessions of two processes that share a database.

use scs::{Outcome, Session, SessionManager};
use scs_stores::{MemoryCache, Tiered, WriteBehind};

use super::World;
use crate::support::{HOUR, SECOND, START, TestStore, commit};

#[derive(Session)]
struct Visitor {
    #[session(index, renews)]
    account: Option<u64>,
    #[session(merge = "add")]
    hits: u64,
    #[session(flash)]
    notice: Option<String>,
}

#[derive(Session)]
struct Single {
    #[session(index(max = 1), renews)]
    account: Option<u64>,
    hits: u64,
}

type Sessions = SessionManager<Visitor, Tiered<MemoryCache, TestStore>>;

fn process(world: &World) -> Sessions {
    let node = world.node(world.memory_cache());
    SessionManager::builder(node).clock(world.clock.clone()).build().unwrap()
}

async fn sign_in(sessions: &Sessions) -> String {
    let session = sessions.open("").await.unwrap();
    session.set_account(7);
    commit(&session).await
}

async fn opens(sessions: &Sessions, token: &str) -> bool {
    sessions.open(token).await.unwrap().outcome() == Outcome::Loaded
}

#[tokio::test]
async fn a_logout_is_final_here_at_once_and_elsewhere_within_the_staleness_allowed() {
    let world = World::new();
    let (here, there) = (process(&world), process(&world));
    let token = sign_in(&here).await;
    assert!(opens(&here, &token).await && opens(&there, &token).await);
    let session = here.open(&token).await.unwrap();
    session.destroy();
    session.commit().await.unwrap();
    assert!(!opens(&here, &token).await);
    world.clock.advance(SECOND);
    assert!(!opens(&there, &token).await);
    assert!(!opens(&here, &token).await);
}

#[tokio::test]
async fn an_old_token_is_refused_here_as_soon_as_it_was_renewed() {
    let world = World::new();
    let (here, there) = (process(&world), process(&world));
    let old = sign_in(&here).await;
    assert!(opens(&there, &old).await);
    let session = here.open(&old).await.unwrap();
    session.renew();
    let new = commit(&session).await;
    assert!(opens(&here, &new).await);
    assert!(!opens(&here, &old).await);
    world.clock.advance(SECOND);
    assert!(!opens(&there, &old).await);
    assert!(opens(&there, &new).await);
}

#[tokio::test]
async fn all_sessions_of_an_account_are_revoked_here_at_once() {
    let world = World::new();
    let (here, there) = (process(&world), process(&world));
    let tokens = [sign_in(&here).await, sign_in(&there).await];
    assert!(opens(&here, &tokens[1]).await && opens(&there, &tokens[0]).await);
    assert_eq!(here.revoke_all(Visitor::by_account(7)).await.unwrap(), 2);
    for token in &tokens {
        assert!(!opens(&here, token).await);
    }
    world.clock.advance(SECOND);
    for token in &tokens {
        assert!(!opens(&there, token).await);
    }
}

#[tokio::test]
async fn hits_of_two_processes_are_all_counted() {
    let world = World::new();
    let (here, there) = (process(&world), process(&world));
    let token = sign_in(&here).await;
    for sessions in [&here, &there, &there, &here, &there] {
        let session = sessions.open(&token).await.unwrap();
        session.add_hits(1);
        session.commit().await.unwrap();
    }
    world.clock.advance(SECOND);
    assert_eq!(here.open(&token).await.unwrap().hits(), 5);
    assert_eq!(there.open(&token).await.unwrap().hits(), 5);
}

#[tokio::test]
async fn a_visit_that_only_reads_asks_the_durable_store_once_per_staleness() {
    let world = World::new();
    let sessions = process(&world);
    let token = sign_in(&sessions).await;
    world.durable.take_calls();
    for _ in 0..10 {
        assert!(opens(&sessions, &token).await);
    }
    assert!(world.durable.take_calls().is_empty());
    world.clock.advance(SECOND);
    for _ in 0..10 {
        assert!(opens(&sessions, &token).await);
    }
    assert_eq!(world.durable.take_calls(), ["load"]);
}

#[tokio::test]
async fn with_write_behind_hits_wait_and_sign_ins_renewals_and_logouts_do_not() {
    let world = World::new();
    let builder = Tiered::builder(world.memory_cache(), world.durable.clone()).clock(world.clock.clone());
    let node = builder.write_behind(WriteBehind::every(SECOND)).build();
    let sessions: Sessions = SessionManager::builder(node.clone()).clock(world.clock.clone()).build().unwrap();

    let token = sign_in(&sessions).await;
    world.durable.take_calls();
    for _ in 0..10 {
        let session = sessions.open(&token).await.unwrap();
        session.add_hits(1);
        session.commit().await.unwrap();
    }
    assert!(world.durable.take_calls().is_empty(), "ten visits, and no call");
    assert_eq!(node.dirty(), 1);

    let session = sessions.open(&token).await.unwrap();
    session.renew();
    let token = commit(&session).await;
    assert_eq!(world.durable.take_calls(), ["update", "update"], "the hits, then the new token");
    assert_eq!(node.dirty(), 0);
    assert_eq!(sessions.open(&token).await.unwrap().hits(), 10);

    let session = sessions.open(&token).await.unwrap();
    session.destroy();
    session.commit().await.unwrap();
    assert_eq!(world.durable.inner.statistics().sessions, 0);
    assert!(!opens(&sessions, &token).await);
}

/// The other process has cached the visitor's record from before the sign-in.
#[tokio::test]
async fn a_sign_in_that_another_process_has_not_seen_is_ended_by_it_all_the_same() {
    let world = World::new();
    let (here, there) = (process(&world), process(&world));
    let visitor = here.open("").await.unwrap();
    visitor.set_hits(1);
    let anonymous = commit(&visitor).await;
    assert!(opens(&there, &anonymous).await);
    visitor.set_account(7);
    let token = commit(&visitor).await;
    assert_eq!(there.revoke_all(Visitor::by_account(7)).await.unwrap(), 1);
    world.clock.advance(SECOND);
    assert!(!opens(&here, &token).await);
    assert!(here.find(Visitor::by_account(7)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sign_in_takes_the_place_of_one_that_only_another_process_has_seen() {
    let world = World::new();
    let process = || -> SessionManager<Single, _> {
        let node = world.node(world.memory_cache());
        SessionManager::builder(node).clock(world.clock.clone()).build().unwrap()
    };
    let (here, there) = (process(), process());
    let first = here.open("").await.unwrap();
    first.set_hits(1);
    let anonymous = commit(&first).await;
    assert!(!there.open(&anonymous).await.unwrap().is_new());
    first.set_account(7);
    commit(&first).await;
    let second = there.open("").await.unwrap();
    second.set_account(7);
    commit(&second).await;
    world.clock.advance(SECOND);
    let live = here.find(Single::by_account(7)).await.unwrap();
    assert_eq!(live.iter().map(scs::TypedSession::id).collect::<Vec<_>>(), [second.id()]);
}

/// The process ends, and with it what waits to be written.
#[tokio::test]
async fn a_crash_undoes_nothing_that_takes_something_away() {
    for ending in ["clear", "sign_out", "claim", "set_deadline", "remember"] {
        let world = World::new();
        let builder = Tiered::builder(world.memory_cache(), world.durable.clone()).clock(world.clock.clone());
        let node = builder.write_behind(WriteBehind::every(SECOND)).build();
        let sessions: Sessions = SessionManager::builder(node).clock(world.clock.clone()).build().unwrap();
        let session = sessions.open("").await.unwrap();
        session.set_account(7);
        session.remember(true);
        session.set_notice("welcome");
        let token = commit(&session).await;
        let session = sessions.open(&token).await.unwrap();
        session.add_hits(1);
        session.commit().await.unwrap();
        // It expires when it did before, unless it is used: nothing else tells the store of it.
        let soon = START + 20 * 24 * HOUR;
        match ending {
            "clear" => session.clear(),
            "sign_out" => session.sign_out(),
            "set_deadline" => session.set_deadline(soon),
            "remember" => session.remember(false),
            _ => assert_eq!(session.claim_notice().await.unwrap().as_deref(), Some("welcome")),
        }
        session.commit().await.unwrap();

        let after =
            SessionManager::<Visitor, _>::builder(world.durable.clone()).clock(world.clock.clone()).build().unwrap();
        let found = after.open(&token).await.unwrap();
        match ending {
            "clear" | "sign_out" => assert_eq!(found.account(), None, "{ending}"),
            "set_deadline" => assert_eq!(found.deadline(), soon),
            "remember" => assert!(found.deadline() < soon),
            _ => assert_eq!(found.claim_notice().await.unwrap(), None),
        }
    }
}
