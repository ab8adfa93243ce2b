//! Stages: a few sessions, and a manager whose calls can be dropped midway.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use scs::{ManualClock, MemoryStore, Session, SessionId, SessionManager, Token, TypedSession, store::AnyStore};

use super::steps::Steps;
use crate::{
    schedules::Visitor,
    support::{DAY, MINUTE, SECOND, START, Wrapped, commit},
};

pub(super) type Sessions = SessionManager<Visitor, Wrapped<AnyStore, Steps>>;

/// The account that two of the three browsers are signed in to: as many as may be.
pub(super) const ACCOUNT: u64 = 7;

#[derive(Clone)]
pub(super) struct Stage {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    pub(super) steps: Steps,
    pub(super) sessions: Sessions,
    pub(super) tokens: Vec<String>,
    /// What another process made of the sessions meanwhile.
    between: Arc<Mutex<Vec<View>>>,
}

/// What the store shows of each session: of those that were there before in their order, then of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) known: Vec<Shown>,
    pub(super) others: Vec<String>,
}

/// One session: its fields, and whether the token that it began with opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    fields: Option<String>,
    opens: bool,
}

/// What answers at once, because nobody else holds what it needs.
pub(super) fn at_once<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().expect("nobody waits for what nobody has")
}

/// An older version of the schema, whose names do not decode as ours.
#[derive(Session)]
#[session(name = "Visitor")]
struct Older {
    name: Option<u64>,
}

impl Stage {
    pub(super) fn new() -> Self {
        fastrand::seed(0);
        let clock = Arc::new(ManualClock::new(START));
        let store = MemoryStore::new().with_clock(clock.clone());
        let steps = Steps::default();
        let behind = Wrapped { inner: AnyStore::new(store.clone()), around: steps.clone() };
        // Time moves between polls, and no call is to be given up.
        let sessions = SessionManager::builder(behind).clock(clock.clone()).store_timeout(DAY).build().unwrap();
        let mut stage = Self { store, clock, steps, sessions, tokens: Vec::new(), between: Arc::default() };
        for browser in 0..3 {
            let token = stage.prepare(browser < 2);
            stage.tokens.push(token);
        }
        stage.clock.advance(10 * MINUTE);
        stage
    }

    fn prepare(&self, signed_in: bool) -> String {
        self.clock.advance(MINUTE);
        let session = at_once(self.sessions.open(None)).unwrap();
        session.set_notice("saved");
        if signed_in {
            session.set_account(ACCOUNT);
        }
        at_once(commit(&session))
    }

    /// A session whose record ends with itself when it is opened.
    pub(super) fn prepare_invalid(&self) -> String {
        let session = at_once(self.elsewhere::<Older>().open(None)).unwrap();
        session.set_name(1);
        at_once(commit(&session))
    }

    /// A manager in another process.
    fn elsewhere<S: scs::KeptBy<MemoryStore>>(&self) -> SessionManager<S, MemoryStore> {
        SessionManager::builder(self.store.clone()).clock(self.clock.clone()).build().unwrap()
    }

    pub(super) fn open(&self, browser: usize) -> TypedSession<Visitor> {
        at_once(self.sessions.open(self.tokens[browser].as_str())).unwrap()
    }

    /// The first session, whose token is due to be renewed. Two tokens work then, until the new one is presented.
    pub(super) fn open_due(&self) -> TypedSession<Visitor> {
        let behind = Wrapped { inner: AnyStore::new(self.store.clone()), around: self.steps.clone() };
        let settings = SessionManager::<Visitor, _>::builder(behind).clock(self.clock.clone()).store_timeout(DAY);
        let sessions = settings.renew_every(SECOND).build().unwrap();
        at_once(sessions.open(self.tokens[0].as_str())).unwrap()
    }

    pub(super) fn open_new(&self) -> TypedSession<Visitor> {
        at_once(self.sessions.open(None)).unwrap()
    }

    pub(super) fn open_invalid(&self) -> TypedSession<Visitor> {
        at_once(self.sessions.open(&self.prepare_invalid())).unwrap()
    }

    /// The first session, which is about to take over the third.
    pub(super) fn open_merged(&self) -> TypedSession<Visitor> {
        let session = self.open(0);
        assert!(at_once(session.merge_from(&self.token(2))).unwrap());
        session
    }

    /// Moves the expiry, so that a request that changes nothing has nothing to do.
    pub(super) fn refresh(&self, browser: usize) {
        at_once(self.open(browser).commit()).unwrap();
    }

    pub(super) fn token(&self, browser: usize) -> Token {
        Token::parse(self.tokens[browser].as_bytes()).unwrap()
    }

    pub(super) fn id(&self, browser: usize) -> SessionId {
        self.token(browser).id()
    }

    pub(super) fn expire(&self) {
        self.clock.advance(40 * DAY);
    }

    /// Another process writes into the first session just before the call of this name.
    pub(super) fn write_before(&self, call: &'static str) {
        self.before(call, |session| session.set_name("elsewhere"));
    }

    /// Another process ends the first session just before the call of this name.
    pub(super) fn end_before(&self, call: &'static str) {
        self.before(call, TypedSession::destroy);
    }

    fn before(&self, call: &'static str, act: impl FnOnce(&TypedSession<Visitor>) + Send + 'static) {
        let stage = self.clone();
        self.steps.meanwhile(call, move || {
            let session = at_once(stage.elsewhere().open(stage.tokens[0].as_str())).unwrap();
            act(&session);
            at_once(session.commit()).unwrap();
            stage.between.lock().unwrap().push(stage.view());
        });
    }

    pub(super) fn between(&self) -> Vec<View> {
        self.between.lock().unwrap().clone()
    }

    pub(super) fn view(&self) -> View {
        let sessions = self.elsewhere();
        let known = (0..self.tokens.len()).map(|browser| self.shown(&sessions, browser)).collect();
        let ids: Vec<SessionId> = (0..self.tokens.len()).map(|browser| self.id(browser)).collect();
        let all = at_once(sessions.iterate().into_future()).unwrap();
        let others = all.iter().filter(|session| !ids.contains(&session.id()));
        View { known, others: others.map(|session| format!("{:?}", session.snapshot())).collect() }
    }

    fn shown(&self, sessions: &SessionManager<Visitor, MemoryStore>, browser: usize) -> Shown {
        let session = at_once(sessions.get(self.id(browser))).unwrap();
        let opens = !at_once(sessions.open(self.tokens[browser].as_str())).unwrap().is_new();
        Shown { fields: session.map(|session| format!("{:?}", session.snapshot())), opens }
    }

    pub(super) fn signed_in(&self) -> usize {
        at_once(self.elsewhere().find(Visitor::by_account(ACCOUNT)).into_future()).unwrap().len()
    }

    /// How often `hits` counted in all sessions.
    pub(super) fn hits(&self) -> u64 {
        let all = at_once(self.elsewhere::<Visitor>().iterate().into_future()).unwrap();
        all.iter().map(|session| session.hits()).sum()
    }

    pub(super) fn opens(&self, token: &Token) -> bool {
        !at_once(self.elsewhere::<Visitor>().open(token.expose().as_str())).unwrap().is_new()
    }
}
