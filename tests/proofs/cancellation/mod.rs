//! Every asynchronous method is dropped at every point where it can wait: before and after each store call.
//!
//! Those who wait for the turn of another call are in `turns`.

mod list;
mod methods;
mod operation;
mod stage;
mod steps;
mod turns;

use std::{
    collections::{BTreeMap, BTreeSet},
    task::{Context, Waker},
};

use scs::{SessionError, Token, TypedSession};

use self::{
    list::{OPERATIONS, WITHOUT_WAITING},
    operation::{Begun, Operation},
    stage::{Stage, View, at_once},
};
use crate::{
    schedules::{Task, Visitor},
    support::SECOND,
};

/// More than any call waits.
const MANY: usize = 1_000;

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_anywhere_leaves_the_sessions_as_before_or_as_after() {
    let mut points = BTreeMap::new();
    for operation in OPERATIONS {
        let waits = drop_everywhere(operation).await;
        assert_eq!(waits == 0, WITHOUT_WAITING.contains(&(operation.method, operation.way)), "{}", operation.way);
        println!("{} {}: {waits} points", operation.method, operation.way);
        *points.entry(operation.method).or_insert(0) += waits;
    }
    println!("{points:?}: {} points in all", points.values().sum::<usize>());
}

#[test]
fn every_asynchronous_method_is_among_those_that_are_dropped() {
    let dropped: BTreeSet<String> = OPERATIONS.iter().map(|operation| operation.method.to_owned()).collect();
    assert_eq!(methods::asynchronous_methods(), dropped);
}

/// Drops the operation at each of its waits and says how many there are.
async fn drop_everywhere(operation: &Operation) -> usize {
    let allowed = allowed(operation).await;
    for waits in 1..MANY {
        let stage = Stage::new();
        let begun = (operation.begin)(&stage);
        if run(&stage, begun.call, waits).await {
            return waits - 1;
        }
        let what = format!("{} {}, dropped at wait {waits}", operation.method, operation.way);
        check_view(&stage.view(), &allowed, &what);
        check_session(&stage, begun.session, begun.adds, &what);
        check_manager(&stage, &what);
    }
    panic!("{} {} never ends", operation.method, operation.way);
}

/// Polls a call until it has waited so often, and drops it then; `true` if it ended before.
async fn run(stage: &Stage, mut call: Task<()>, waits: usize) -> bool {
    stage.steps.begin();
    let mut has_ended = false;
    for _ in 0..waits {
        has_ended = call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        if has_ended {
            break;
        }
        tokio::time::advance(SECOND).await;
        stage.steps.next();
    }
    drop(call);
    stage.steps.end();
    has_ended
}

/// What the sessions may look like: as before, as another process left them meanwhile, or as after.
async fn allowed(operation: &Operation) -> Vec<View> {
    let stage = Stage::new();
    let Begun { call, session, .. } = (operation.begin)(&stage);
    let before = stage.view();
    assert!(run(&stage, call, MANY).await);
    drop(session);
    [vec![before], stage.between(), vec![stage.view()]].concat()
}

/// Each session by itself: an operation on several is no transaction.
fn check_view(view: &View, allowed: &[View], what: &str) {
    for (number, shown) in view.known.iter().enumerate() {
        let is_allowed = allowed.iter().any(|allowed| allowed.known[number] == *shown);
        assert!(is_allowed, "{what}: {shown:?} is none of {allowed:#?}");
    }
    assert!(allowed.iter().any(|allowed| allowed.others == view.others), "{what}: {view:?} is none of {allowed:#?}");
}

/// The session can be committed again, or says that nobody knows; its addition counts once, and no two
/// tokens open it.
fn check_session(stage: &Stage, session: Option<TypedSession<Visitor>>, adds: bool, what: &str) {
    let Some(session) = session else { return assert!(stage.hits() <= 1, "{what}") };
    let token = match at_once(session.commit()) {
        Ok(committed) => committed.token().cloned(),
        Err(SessionError::Uncertain) => commit_anew(&session),
        Err(SessionError::Gone | SessionError::SignInLost) => None,
        Err(error) => panic!("{what}: {error}"),
    };
    assert!(stage.hits() <= u64::from(adds), "{what}: counted {} times", stage.hits());
    let begun_with = (0..stage.tokens.len()).map(|browser| stage.token(browser));
    let opening = begun_with.chain(token).filter(|token| token.id() == session.id() && stage.opens(token));
    assert!(opening.map(|token| token.expose()).collect::<BTreeSet<_>>().len() <= 1, "{what}: two tokens");
}

fn commit_anew(session: &TypedSession<Visitor>) -> Option<Token> {
    at_once(session.reload()).ok()?;
    at_once(session.commit()).ok()?.token().cloned()
}

/// No turn and no place is kept: every session can be written, and everyone can sign in.
fn check_manager(stage: &Stage, what: &str) {
    for browser in 0..stage.tokens.len() {
        if let Some(session) = at_once(stage.sessions.get(stage.id(browser))).unwrap() {
            session.set_visits(1);
            assert!(at_once(session.commit()).is_ok(), "{what}");
        }
    }
    let sessions = [(), ()].map(|()| stage.open_new());
    for session in sessions {
        session.set_account(stage::ACCOUNT);
        assert!(at_once(session.commit()).is_ok(), "{what}");
    }
    assert!(stage.signed_in() <= 2, "{what}");
}
