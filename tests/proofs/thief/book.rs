//! The book: what has happened in a sequence, and what must be true of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fastrand::Rng;
use scs::{
    Clock as _, Committed, EndReason, SessionError, SessionEvent, SessionId, Status, Timestamp, Token, TypedSession,
};

use super::{
    deeds::Request,
    world::{Actor, Events, Sessions, Visitor, World},
};

/// What is known of a session.
#[derive(Clone, Debug, Default)]
struct Known {
    account: Option<u64>,
    /// How often everything that its tokens were good for has ended.
    era: u64,
    has_ended: bool,
    deadline: Option<Timestamp>,
    /// New tokens in a row of which no response arrived.
    lost_offers: u32,
}

#[derive(Clone, Debug)]
struct Issued {
    text: String,
    id: SessionId,
    era: u64,
}

/// A request that has read its session.
struct Slow {
    who: Actor,
    request: Request,
    session: TypedSession<Visitor>,
    /// The era in which it was opened; none if there was no session.
    era: Option<u64>,
}

pub(super) struct Book<'w> {
    world: &'w World,
    pub(super) chance: Rng,
    pub(super) sessions: Sessions,
    observer: Sessions,
    events: Events,
    pub(super) reuses: usize,
    with_thief: bool,
    /// Whether responses get lost.
    pub(super) loses_answers: bool,
    pub(super) renews: bool,
    sessions_known: BTreeMap<SessionId, Known>,
    issued: Vec<Issued>,
    /// What the owner's browser has, and the thief; numbers of tokens.
    jars: [Option<usize>; 2],
    slow: Vec<Slow>,
    accounts: [u64; 2],
    marks: u64,
    /// Marks of requests that wrote when everything that they had was worthless.
    dead_marks: BTreeSet<u64>,
    claimed: BTreeSet<u64>,
    tale: Vec<String>,
}

impl<'w> Book<'w> {
    pub(super) fn new(world: &'w World, round: u64, with_thief: bool) -> Self {
        let mut chance = Rng::with_seed(round);
        let renews = chance.u8(..4) > 0;
        let (sessions, events) = world.sessions(renews, chance.u8(..4) == 0, chance.u8(..4) == 0);
        Self {
            world,
            sessions,
            observer: world.observer(),
            events,
            reuses: 0,
            with_thief,
            loses_answers: true,
            renews,
            sessions_known: BTreeMap::new(),
            issued: Vec::new(),
            jars: [None; 2],
            slow: Vec::new(),
            accounts: [2 * round + 1, 2 * round + 2],
            marks: 0,
            dead_marks: BTreeSet::new(),
            claimed: BTreeSet::new(),
            tale: vec![format!("round {round}, with a thief {with_thief}, renews {renews}")],
            chance,
        }
    }

    pub(super) fn tell(&mut self, what: String) {
        self.tale.push(what);
    }

    pub(super) fn tale(&self) -> String {
        format!("{:#?}", self.tale)
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.slow.is_empty()
    }

    pub(super) fn pass(&self, time: Duration) {
        self.world.clock.advance(time);
    }

    /// The thief has any token that there ever was from now on.
    pub(super) fn steal(&mut self) {
        if !self.issued.is_empty() {
            self.jars[Actor::Thief as usize] = Some(self.chance.usize(..self.issued.len()));
        }
    }

    pub(super) async fn revoke_all(&mut self) {
        let account = self.accounts[Actor::Owner as usize];
        self.sessions.revoke_all(Visitor::by_account(account)).await.unwrap();
        for known in self.sessions_known.values_mut().filter(|known| known.account == Some(account)) {
            known.has_ended = true;
        }
        self.note_events();
    }

    /// A request comes with what is in the jar, and reads.
    pub(super) async fn begin(&mut self, who: Actor, request: Request) {
        let text = self.jar(who).map(|issued| issued.text.clone());
        let session = self.sessions.open(text.as_deref()).await.unwrap();
        self.note_events();
        let era = (!session.is_new()).then(|| self.sessions_known[&session.id()].era);
        drop(session.marks());
        self.slow.push(Slow { who, request, session, era });
    }

    pub(super) async fn end(&mut self, number: usize) {
        if self.slow.is_empty() {
            return;
        }
        // The latest for 0.
        let position = self.slow.len() - 1 - number % self.slow.len();
        let slow = self.slow.remove(position);
        let id = slow.session.id();
        self.marks += 1;
        let mark = self.marks;
        self.change(&slow, mark).await;
        let committed = slow.session.commit().await;
        self.note_events();
        let known = self.sessions_known.entry(id).or_default();
        let is_stale = slow.era.is_some_and(|era| known.has_ended || known.era > era);
        if is_stale {
            self.dead_marks.insert(mark);
        }
        let issues = committed.as_ref().is_ok_and(|committed| committed.token().is_some());
        self.tale.push(format!(
            "  {:?} of {id}: {:?}, a token {issues}, stale {is_stale}",
            slow.request,
            committed.as_ref().err()
        ));
        match committed {
            Ok(committed) => self.note(&slow, id, is_stale, &committed),
            Err(SessionError::Gone | SessionError::SignInLost) => {}
            Err(error) => panic!("{error} in {:#?}", self.tale),
        }
    }

    async fn change(&mut self, slow: &Slow, mark: u64) {
        let (session, account) = (&slow.session, self.accounts[slow.who as usize]);
        match slow.request {
            Request::Visit => {}
            Request::Mark => session.update_marks(move |marks| marks.push(mark)),
            Request::Notice => session.set_notice(mark),
            Request::Claim => {
                let claimed = session.claim_notice().await;
                if let Ok(Some(notice)) = claimed {
                    assert!(self.claimed.insert(notice), "{notice} is claimed twice in {:#?}", self.tale);
                    assert!(!self.dead_marks.contains(&notice), "{notice} is claimed in {:#?}", self.tale);
                }
            }
            Request::SignIn => session.set_account(account),
            Request::SignInWith => drop(session.login_with(Visitor::by_account(account)).await.unwrap()),
            Request::SignOut => session.sign_out(),
            Request::Renew => session.renew(),
            Request::Remember => session.remember(true),
            Request::Clear => session.clear(),
            Request::LogOut => session.destroy(),
            Request::Shorten => session.set_deadline(self.world.clock.now() + super::world::PERIOD / 2),
        }
    }

    /// A request was answered: what it ended has ended, and what it signed in is signed in.
    fn note(&mut self, slow: &Slow, id: SessionId, is_stale: bool, committed: &Committed) {
        let known = self.sessions_known.get_mut(&id).unwrap();
        let was_signed_in = known.account.is_some();
        match slow.request {
            // There was nothing to do, or else it would have been refused. A logout is one of the session, whenever it began.
            _ if is_stale && slow.request != Request::LogOut => {}
            Request::LogOut => known.has_ended = true,
            Request::SignIn | Request::SignInWith => known.account = Some(self.accounts[slow.who as usize]),
            Request::SignOut | Request::Clear => known.account = None,
            _ => {}
        }
        match slow.request {
            _ if is_stale => {}
            Request::SignIn | Request::SignInWith | Request::Renew => known.era += 1,
            Request::SignOut | Request::Clear if was_signed_in => known.era += 1,
            _ => {}
        }
        // A request that only reads, or clears what is empty, may have read long ago.
        let has_written = slow.session.status() != Status::Unmodified;
        if slow.request.moves_deadline() && has_written && !is_stale && !known.has_ended {
            known.deadline = Some(slow.session.deadline());
        }
        let (era, who) = (known.era, slow.who);
        let is_lost = self.loses_answers && !slow.request.changes_token() && self.chance.u8(..4) == 0;
        known.lost_offers = match committed.token().is_some() {
            true if is_lost => known.lost_offers + 1,
            true => 0,
            false => known.lost_offers,
        };
        if let Some(token) = committed.token().map(Token::expose) {
            assert!(!is_stale, "a worthless token is renewed in {:#?}", self.tale);
            self.issued.push(Issued { text: token, id, era });
            if !is_lost {
                self.jars[who as usize] = Some(self.issued.len() - 1);
            }
        } else if committed.is_removed() && !is_lost {
            self.jars[who as usize] = None;
        }
    }

    fn note_events(&mut self) {
        for event in std::mem::take(&mut *self.events.lock().unwrap()) {
            match event {
                SessionEvent::Destroyed { id, reason } => {
                    self.sessions_known.entry(id).or_default().has_ended = true;
                    assert!(reason != EndReason::TokenReuse || self.with_thief, "{:#?}", self.tale);
                }
                SessionEvent::TokenReuse { .. } => {
                    assert!(self.with_thief, "an owner is told to be a thief: {:#?}", self.tale);
                    self.reuses += 1;
                }
                _ => {}
            }
        }
    }

    fn jar(&self, who: Actor) -> Option<&Issued> {
        self.jars[who as usize].map(|number| &self.issued[number])
    }

    pub(super) fn lost_offers(&self, id: SessionId) -> u32 {
        self.sessions_known.get(&id).map_or(0, |known| known.lost_offers)
    }

    /// Whether what somebody has still opens a session.
    pub(super) async fn goes_on(&self, who: Actor) -> Option<SessionId> {
        let session = self.observer.open(self.jar(who)?.text.as_str()).await.unwrap();
        (!session.is_new()).then(|| session.id())
    }

    /// Looks at every token that there ever was.
    pub(super) async fn check(&self) {
        let now = self.world.clock.now();
        for issued in &self.issued {
            let known = &self.sessions_known[&issued.id];
            let session = self.observer.open(&issued.text).await.unwrap();
            let is_over = known.has_ended || known.era != issued.era || known.deadline.is_some_and(|end| end <= now);
            let tale = || format!("{issued:?} of {known:?} in {:#?}", self.tale);
            if session.is_new() {
                continue;
            }
            assert!(!is_over, "what has ended opens a session: {}", tale());
            assert_eq!((session.id(), session.account()), (issued.id, known.account), "{}", tale());
            let marks: BTreeSet<u64> = session.marks().into_iter().chain(session.peek_notice()).collect();
            assert!(marks.is_disjoint(&self.dead_marks), "{marks:?} are fed: {}", tale());
        }
        if !self.with_thief {
            self.check_owner(now).await;
        }
    }

    /// The owner is who they are until a deadline, a logout or a revocation.
    async fn check_owner(&self, now: Timestamp) {
        let Some(issued) = self.jar(Actor::Owner) else { return };
        let known = &self.sessions_known[&issued.id];
        if !known.has_ended && known.deadline.is_none_or(|end| now < end) {
            let session = self.observer.open(&issued.text).await.unwrap();
            let is_owner = !session.is_new() && session.account() == known.account;
            assert!(is_owner, "the owner is logged out: {issued:?} of {known:?} in {:#?}", self.tale);
        }
    }
}
