//! Random schedules: several requests with one cookie, whose questions to the list wait for their turn.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use fastrand::Rng;
use scs::{Committed, EndReason, MemoryStore, SessionError, SessionEvent, Token};

use super::{POLICIES, Sessions, clock, list, server, settings};
use crate::{
    ledger::Proof,
    schedules::{Gate, Gated, Task, drive},
    support::SECOND,
};

type Gating = Sessions<Gated<MemoryStore>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_requests_with_one_cookie_one_ends_it_and_none_brings_it_back() {
    let proof = Proof { name: "sealed_schedules", store: "memory", rounds: 100_000 };
    proof
        .prove(async |rounds| {
            for round in rounds {
                schedule(round).await;
            }
        })
        .await;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    Visit,
    SignIn,
    SignInAsAnother,
    Renew,
    SignOut,
    Clear,
    Shorten,
    LogOut,
    /// A logout by somebody else, who takes the session over and so ends it.
    Merge,
}

const ALL: [Request; 9] = [
    Request::Visit,
    Request::SignIn,
    Request::SignInAsAnother,
    Request::Renew,
    Request::SignOut,
    Request::Clear,
    Request::Shorten,
    Request::LogOut,
    Request::Merge,
];

/// A request that was done although others had the same cookie.
struct Done {
    request: Request,
    /// Whether there was a session still when it came.
    found: bool,
    /// What came back.
    cookie: Option<String>,
}

async fn schedule(round: u64) {
    let mut chance = Rng::with_seed(round);
    let clock = clock();
    let list = list(&clock);
    let sessions = server(list.clone(), &clock, POLICIES[0]);
    let member = sessions.open(None).await.unwrap();
    member.set_account(7);
    let cookie = member.commit().await.unwrap();

    let gate = Gate::with(chance.usize(1..=3), chance.bool());
    let destroyed = Arc::new(AtomicBool::new(false));
    let gated = settings(gate.before(list), &clock, POLICIES[0]).on_event({
        let destroyed = Arc::clone(&destroyed);
        // Left out: a logout that comes after another request has ended the session is answered as if it were done.
        move |event| {
            if matches!(event, SessionEvent::Destroyed { reason: EndReason::Destroyed, .. }) {
                destroyed.store(true, SeqCst);
            }
        }
    });
    let gated = gated.build().unwrap();
    let requests: Vec<Request> = (0..chance.usize(2..=4)).map(|_| *chance.choice(&ALL).unwrap()).collect();
    let tasks = requests.iter().map(|request| Box::pin(run(*request, cookie.clone(), gated.clone())) as Task<_>);
    let tasks: Vec<Task<Option<Done>>> = tasks.collect();
    let done = drive(&gate, tasks, |waiting| {
        clock.advance(SECOND);
        chance.usize(..waiting)
    });
    let done: Vec<Done> = done.await.into_iter().flatten().collect();
    gate.lift();
    let tale = format!("round {round}, {requests:?}: {gate}");
    check(&sessions, &cookie.token().unwrap().expose(), &done, destroyed.load(SeqCst), &tale).await;
}

async fn run(request: Request, cookie: Committed, sessions: Gating) -> Option<Done> {
    let cookie = cookie.token()?;
    let session = match request {
        Request::Merge => sessions.open(None).await.unwrap(),
        _ => sessions.open(&cookie.expose()).await.unwrap(),
    };
    let mut found = !session.is_new();
    match request {
        Request::Visit => session.update_visits(|visits| *visits += 1),
        Request::SignIn => session.set_account(7),
        Request::SignInAsAnother => session.set_account(8),
        Request::Renew => session.renew(),
        Request::SignOut => session.sign_out(),
        Request::Clear => session.clear(),
        Request::Shorten => session.set_deadline(session.deadline() - SECOND),
        Request::LogOut => session.destroy(),
        Request::Merge => found = session.merge_from(cookie).await.unwrap(),
    }
    match session.commit().await {
        Ok(committed) => Some(Done { request, found, cookie: committed.token().map(Token::expose) }),
        Err(SessionError::Gone | SessionError::SignInLost) => None,
        Err(error) => panic!("{request:?}: {error}"),
    }
}

/// Once it has ended, what came back of one request at most is signed in.
async fn check(sessions: &Sessions<MemoryStore>, first: &str, done: &[Done], logged_out: bool, tale: &str) {
    let theirs = done.iter().filter(|done| done.found && done.request != Request::Visit);
    let has_ended = theirs.clone().count() > 0;
    let visits = done.iter().filter(|done| done.found && done.request == Request::Visit);
    for cookie in visits.filter_map(|done| done.cookie.as_deref()).chain([first]) {
        assert_eq!(is_signed_in(sessions, cookie).await, !has_ended, "{tale}");
    }
    let mut signed_in = 0;
    for done in theirs {
        let Some(cookie) = &done.cookie else { continue };
        let is_signed_in = is_signed_in(sessions, cookie).await;
        signed_in += usize::from(is_signed_in);
        // What was merged belongs to the session that took it over, as in a store.
        let is_spared = done.request == Request::Merge;
        assert!(is_spared || !is_signed_in || !logged_out, "{:?} outlives a logout: {tale}", done.request);
    }
    assert!(signed_in <= 1, "{signed_in} go on: {tale}");
}

async fn is_signed_in(sessions: &Sessions<MemoryStore>, cookie: &str) -> bool {
    sessions.open(cookie).await.unwrap().account().is_some()
}
