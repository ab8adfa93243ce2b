//! The book: every cookie that there ever was, and what has ended.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use scs::{Committed, SessionError, SessionId, Timestamp, Token, TypedSession, store::Store};

use super::{SHORTEST, Sessions, Visitor};

/// A cookie, and what was sealed into it.
pub(super) struct Cookie {
    pub(super) text: String,
    token: Committed,
    id: SessionId,
    account: Option<u64>,
    at: Timestamp,
    /// When the session was signed in to, or began.
    since: Timestamp,
}

/// What a request does to the session that it has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Read,
    Visit,
    SignIn(u64),
    Remember,
    NoLonger,
    Shorten(Duration),
    Renew,
    SignOut,
    Clear,
    LogOut,
    /// Takes over the session of another cookie.
    Merge(usize),
}

/// A request that has opened its session.
pub(super) struct Slow {
    pub(super) session: TypedSession<Visitor>,
    id: SessionId,
    was_new: bool,
    account: Option<u64>,
    since: Timestamp,
}

#[derive(Default)]
pub(super) struct Book {
    pub(super) cookies: Vec<Cookie>,
    /// Sessions of members that have ended, and all that were merged.
    ended: BTreeSet<SessionId>,
    merged: BTreeSet<SessionId>,
    uncertain: BTreeSet<SessionId>,
    deadlines: BTreeMap<SessionId, Timestamp>,
    /// What sessions were renewed as, and whether somebody was signed in there before.
    successors: BTreeMap<SessionId, (SessionId, bool)>,
    pub(super) tale: Vec<String>,
}

impl Book {
    pub(super) async fn open<St: Store>(&self, sessions: &Sessions<St>, cookie: Option<usize>, now: Timestamp) -> Slow {
        let cookie = cookie.map(|number| &self.cookies[number]);
        let session = sessions.open(cookie.map(|cookie| cookie.text.as_str())).await.unwrap();
        let (id, was_new, account) = (session.id(), session.is_new(), session.account());
        let since = cookie.filter(|_| !was_new).map_or(now, |cookie| cookie.since);
        Slow { session, id, was_new, account, since }
    }

    /// Does it and is answered; whether it was done.
    pub(super) async fn finish(&mut self, slow: &Slow, deed: Deed, now: Timestamp) -> bool {
        let source = self.change(&slow.session, deed, now).await;
        match slow.session.commit().await {
            Ok(committed) => self.note(slow, deed, source, committed, now),
            Err(SessionError::Gone | SessionError::SignInLost) => {
                // Left out: a merge that fails because its own session is over has ended the other one all the same.
                self.uncertain.extend(source.map(|(id, _)| id));
                return false;
            }
            Err(error) => panic!("{error} in {:#?}", self.tale),
        }
        true
    }

    /// The session that was taken over, if one was, and since when somebody was signed in there.
    async fn change(
        &self,
        session: &TypedSession<Visitor>,
        deed: Deed,
        now: Timestamp,
    ) -> Option<(SessionId, Timestamp)> {
        match deed {
            Deed::Read => drop(session.visits()),
            Deed::Visit => session.update_visits(|visits| *visits += 1),
            Deed::SignIn(account) => session.set_account(account),
            Deed::Remember => {
                session.set_account(session.account().unwrap_or(1));
                session.remember(true);
            }
            Deed::NoLonger => session.remember(false),
            Deed::Shorten(time) => session.set_deadline(now + time),
            Deed::Renew => session.renew(),
            Deed::SignOut => session.sign_out(),
            Deed::Clear => session.clear(),
            Deed::LogOut => session.destroy(),
            Deed::Merge(number) => {
                let other = self.cookies.get(number).filter(|cookie| cookie.id != session.id())?;
                let is_taken = session.merge_from(other.token.token()?).await.unwrap();
                return is_taken.then_some((other.id, other.since));
            }
        }
        None
    }

    fn note(
        &mut self,
        slow: &Slow,
        deed: Deed,
        source: Option<(SessionId, Timestamp)>,
        committed: Committed,
        now: Timestamp,
    ) {
        let was_member = !slow.was_new && slow.account.is_some();
        let ends =
            matches!(deed, Deed::Renew | Deed::SignOut | Deed::Clear | Deed::LogOut | Deed::SignIn(_) | Deed::Remember);
        let is_replaced = slow.session.id() != slow.id;
        if was_member && (ends || is_replaced) {
            let is_first = self.ended.insert(slow.id);
            if deed == Deed::LogOut && !is_first {
                self.end_successors(slow.id, true);
            }
        }
        if is_replaced && deed != Deed::LogOut {
            self.successors.insert(slow.id, (slow.session.id(), was_member));
        }
        // One that was signed in to once is in the list too, although nobody is any more.
        if !slow.was_new && !was_member && (is_replaced || deed == Deed::LogOut) {
            self.uncertain.insert(slow.id);
            if deed == Deed::LogOut {
                self.end_successors(slow.id, false);
            }
        }
        // Taken along if something is left of it, and then by nobody else.
        if let Some((source, _)) = source {
            let is_first = self.merged.insert(source);
            assert!(is_first, "{source} is taken over twice in {:#?}", self.tale);
            self.ended.insert(source);
        }
        if let Some(text) = committed.token().map(Token::expose) {
            let (session, account) = (&slow.session, slow.session.account());
            let begins = slow.was_new || account.is_some() && (matches!(deed, Deed::SignIn(_) | Deed::Remember));
            let since = if begins { now } else { slow.since };
            // A sign-in that moves keeps its time.
            let since = source.map_or(since, |(_, theirs)| since.min(theirs));
            self.deadlines
                .entry(session.id())
                .and_modify(|end| *end = session.deadline().min(*end))
                .or_insert(session.deadline());
            self.cookies.push(Cookie { text, token: committed, id: session.id(), account, at: now, since });
        }
    }

    /// Notes what a logout ends that comes after a renewal: all that the session was renewed as while somebody was signed in.
    fn end_successors(&mut self, id: SessionId, mut is_certain: bool) {
        let mut last = id;
        while let Some(&(successor, was_member)) = self.successors.get(&last) {
            is_certain &= was_member;
            let ended = if is_certain { &mut self.ended } else { &mut self.uncertain };
            ended.insert(successor);
            last = successor;
        }
    }

    /// Presents every cookie that there ever was.
    pub(super) async fn check<St: Store>(&self, sessions: &Sessions<St>, now: Timestamp) {
        for (number, cookie) in self.cookies.iter().enumerate() {
            let session = sessions.open(&cookie.text).await.unwrap();
            let tale = || format!("cookie {number} of {} for {:?} in {:#?}", cookie.id, cookie.account, self.tale);
            if self.ended.contains(&cookie.id) {
                assert!(session.is_new() && session.account().is_none(), "what has ended opens: {}", tale());
            } else if session.is_new() {
                let is_over =
                    now >= (cookie.at + SHORTEST[0]).min(cookie.since + SHORTEST[1]).min(self.deadlines[&cookie.id]);
                let is_over = is_over || self.uncertain.contains(&cookie.id);
                assert!(is_over, "what nobody ended is over: {}", tale());
            } else {
                assert_eq!((session.id(), session.account()), (cookie.id, cookie.account), "{}", tale());
            }
        }
    }
}
