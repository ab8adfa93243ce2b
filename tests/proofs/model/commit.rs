//! The model of a commit: it finds what its handle has read, or something else and does the handle's changes again on
//! that.

use super::{
    fields::{Fields, Time},
    handle::{Asked, Handle, Privilege, Record, SignIn, Source},
    operation::{Answer, Refusal, Term},
    reference::Model,
};

const MOST_UNDER_A_TERM: usize = 2;
const LONGEST_THROTTLE: Time = 60;
const MOST_OFFERED: usize = 3;

impl Record {
    pub(super) fn opens_with(&self, token: usize, now: Time) -> bool {
        let is_offered = self.offered.iter().any(|(offered, _)| *offered == token);
        self.token == token || is_offered || self.former.is_some_and(|(former, end)| former == token && now < end)
    }

    /// When it expires if it is touched now; none if that would gain less than a minute, or than a tenth of the idle
    /// timeout.
    pub(super) fn touched(&self, now: Time) -> Option<Time> {
        let expires = self.deadline.min(now + self.idle);
        (expires >= self.expires + (self.idle / 10).min(LONGEST_THROTTLE)).then_some(expires)
    }

    pub(super) fn signed_in(&self) -> Time {
        self.authenticated.unwrap_or(self.created)
    }

    pub(super) fn last_seen(&self) -> Time {
        self.written.max(self.expires.saturating_sub(self.idle))
    }
}

impl Handle {
    /// Changes to a session that is gone have nowhere to go.
    pub(super) fn refuse_if_ended(&mut self, now: Time) -> Result<(), Refusal> {
        if !self.ended || !self.is_changed() {
            return Ok(());
        }
        let refusal = self.lost();
        self.end(now);
        Err(refusal)
    }

    /// A sign-in is never lost silently.
    fn lost(&self) -> Refusal {
        if self.privilege() == Privilege::Authenticated { Refusal::SignInLost } else { Refusal::Gone }
    }
}

impl Model {
    /// What is stored of a handle's session, if the handle may still write there: nobody else has since, or its token
    /// still opens it.
    pub(super) fn current(&self, number: usize) -> Result<Record, ()> {
        let handle = &self.handles[number];
        let record = self.live(handle.id).ok_or(())?;
        let is_as_read = handle.stored.as_ref().is_some_and(|known| known.revision == record.revision);
        let known = handle.stored.as_ref().map(|known| (known.authenticated, known.fields.get("account")));
        let is_same = match known {
            Some((authenticated, Some(account))) => {
                record.authenticated == authenticated
                    && record.fields.get("account").is_some_and(|theirs| theirs.value == account.value)
            }
            _ => true,
        };
        let may_write = is_as_read || handle.token.map_or(is_same, |token| record.opens_with(token, self.now));
        may_write.then(|| self.read(handle.id)).ok_or(())
    }

    pub(super) fn commit(&mut self, number: usize) -> Result<Answer, Refusal> {
        if let Some(doomed) = self.handles[number].doomed.take() {
            self.delete(doomed);
            self.handles[number].token = None;
        }
        let handle = &mut self.handles[number];
        let told = if handle.asked.destroy && handle.presented { Answer::Forget } else { Answer::Committed(None) };
        handle.refuse_if_ended(self.now)?;
        handle.forget_what_changes_nothing();
        if !handle.is_changed() {
            return Ok(self.keep_alive(number).unwrap_or(told));
        }
        let privilege = handle.privilege();
        let record = match &handle.stored {
            None => self.created(number)?,
            Some(_) => Some(self.updated(number)?),
        };
        Ok(record.map_or(told, |record| self.settle(number, record, privilege)))
    }

    /// None if nothing is left to be stored.
    fn created(&mut self, number: usize) -> Result<Option<Record>, Refusal> {
        let now = self.now;
        let merges = !self.handles[number].asked.sources.is_empty();
        let shown = self.handles[number].shown.clone();
        self.make_room(number, &Fields::new(), &shown)?;
        self.take(number)?;
        if merges && self.handles[number].changes.is_empty() && self.handles[number].asked.sources.is_empty() {
            return Ok(None);
        }
        let fields = self.handles[number].shown.clone();
        self.make_room(number, &Fields::new(), &fields)?;
        let (deadline, idle) = (now + self.policy.absolute[0], self.policy.idle[0]);
        Ok(Some(Record { fields, created: now, deadline, idle, ..Record::default() }))
    }

    fn updated(&mut self, number: usize) -> Result<Record, Refusal> {
        let handle = &self.handles[number];
        let known = handle.stored.clone().ok_or(Refusal::Gone)?;
        if self.now < known.deadline {
            // The place is taken before the session is written.
            let shown = handle.shown.clone();
            self.make_room(number, &known.fields, &shown)?;
            self.take(number)?;
            let shown = self.handles[number].shown.clone();
            self.make_room(number, &known.fields, &shown)?;
        }
        let Ok(mut record) = self.current(number) else {
            let handle = &mut self.handles[number];
            let refusal = handle.lost();
            handle.asked = Asked::default();
            handle.end(self.now);
            return Err(refusal);
        };
        let handle = &self.handles[number];
        let fields = match record.revision == known.revision {
            true => handle.shown.clone(),
            false => handle.replayed(&record.fields, self.now),
        };
        if self.now >= known.deadline {
            self.make_room(number, &record.fields, &fields)?;
            self.take(number)?;
        }
        self.make_room(number, &record.fields, &fields)?;
        let account = |fields: &Fields| fields.get("account").map(|cell| cell.value.clone());
        let is_another = account(&record.fields) != account(&fields);
        let has_missed_its_pop = self.handles[number].has_missed_its_pop(&record.fields);
        if has_missed_its_pop {
            self.handles[number].popped = None;
        }
        let asked = &mut self.handles[number].asked;
        asked.changes_account = asked.sign_out || is_another;
        record.fields = fields;
        Ok(record)
    }

    /// At most so many sessions have one team, or it is refused; and one account, or the one that has had it longest ends.
    fn make_room(&mut self, number: usize, before: &Fields, after: &Fields) -> Result<(), Refusal> {
        let others = |model: &Self, field| {
            let wanted = after.get(field).filter(|_| before.get(field) != after.get(field))?;
            let term = if field == "team" { Term::Team(wanted.value[0]) } else { Term::Account(wanted.value[0]) };
            let mut others = model.with(term);
            let sources = &model.handles[number].asked.sources;
            let ends = |id: &usize| sources.iter().any(|source| source.id == *id);
            others.retain(|id| *id != model.handles[number].id && !ends(id));
            others.sort_by_key(|id| model.records[id].attached);
            Some(others)
        };
        if others(self, "team").is_some_and(|others| others.len() >= MOST_UNDER_A_TERM) {
            return Err(Refusal::LimitReached);
        }
        let holders = others(self, "account").unwrap_or_default();
        for oldest in holders.iter().rev().skip(MOST_UNDER_A_TERM - 1) {
            self.records.remove(oldest);
        }
        Ok(())
    }

    /// Stores the record as what was asked for makes it.
    fn settle(&mut self, number: usize, mut record: Record, privilege: Privilege) -> Answer {
        let asked = std::mem::take(&mut self.handles[number].asked);
        let (is_new, was_remembered) = (self.handles[number].stored.is_none(), record.remembered);
        let known = self.handles[number].stored.as_ref().map(|known| known.fields.clone()).unwrap_or_default();
        let sign_in = self.handles[number].signed_in_with(&known, &asked.sources);
        self.lengthen_or_shorten(&mut record, &asked, privilege, &sign_in);
        let issued = match is_new || privilege != Privilege::Kept {
            true => Some(self.issue(number, &mut record)),
            false => self.rotate(number, &mut record),
        };
        let handle = &mut self.handles[number];
        handle.presented |= is_new;
        handle.changes.clear();
        handle.began = record.created;
        let is_newest = |token: &usize| match record.offered.is_empty() {
            true => *token == record.token,
            false => record.offered.iter().any(|(offered, _)| offered == token),
        };
        let is_told = asked.remember.is_some() || record.remembered != was_remembered;
        let told = issued.or(handle.token.filter(|token| is_told && is_newest(token)));
        let record = self.write(self.handles[number].id, record);
        self.handles[number].follow(record, self.now);
        for source in asked.sources {
            self.delete(source.id);
        }
        Answer::Committed(told)
    }

    /// Only signing in lengthens a session. A sign-in that has moved here ends when it would have.
    fn lengthen_or_shorten(&self, record: &mut Record, asked: &Asked, privilege: Privilege, sign_in: &SignIn<'_>) {
        let was_remembered = record.remembered;
        record.remembered = asked.remember.unwrap_or(was_remembered && !asked.changes_account);
        let kind = usize::from(record.remembered);
        let (idle, absolute) = (self.policy.idle[kind], self.policy.absolute[kind]);
        if privilege == Privilege::Authenticated {
            record.idle = idle;
            match sign_in {
                SignIn::Here => (record.authenticated, record.deadline) = (Some(self.now), self.now + absolute),
                SignIn::There(Source { record: theirs, .. }) => {
                    let since = theirs.signed_in();
                    record.authenticated = Some(record.authenticated.map_or(since, |own| own.min(since)));
                    record.deadline = record.deadline.min(theirs.deadline);
                }
                SignIn::Nowhere => {}
            }
        } else if asked.remember == Some(false) {
            record.idle = record.idle.min(idle);
            record.deadline = record.deadline.min(record.signed_in() + absolute);
        } else if was_remembered && !record.remembered {
            record.idle = record.idle.min(idle);
            record.deadline = record.deadline.min(self.now + absolute);
        }
        record.deadline = record.deadline.min(asked.deadline.unwrap_or(Time::MAX));
    }

    /// A new token, and the only one that works.
    fn issue(&mut self, number: usize, record: &mut Record) -> usize {
        (record.token, record.renewed) = (self.tokens.len(), self.now);
        (record.offered, record.former, record.replaced) = (Vec::new(), None, Vec::new());
        self.tell(number)
    }

    /// The next token.
    fn tell(&mut self, number: usize) -> usize {
        let token = self.tokens.len();
        let handle = &mut self.handles[number];
        (handle.token, handle.sent, handle.since) = (Some(token), false, self.now);
        self.tokens.push(handle.id);
        token
    }

    /// Offers a successor of the token if it is time, or accepts the one that is presented first.
    pub(super) fn rotate(&mut self, number: usize, record: &mut Record) -> Option<usize> {
        let Handle { token, sent, since, .. } = self.handles[number];
        let (token, now, grace) = (token?, self.now, self.policy.grace);
        if sent && record.offered.iter().any(|(offered, _)| *offered == token) {
            let offered = std::mem::take(&mut record.offered);
            record.former = Some((record.token, now + grace));
            record.replaced = offered.iter().map(|(offered, _)| *offered).filter(|other| *other != token).collect();
            record.renewed = offered.iter().find(|(offered, _)| *offered == token).map_or(now, |(_, at)| *at);
            record.token = token;
            return None;
        }
        let last = record.offered.iter().map(|(_, at)| *at).max();
        let has_come_since = last.is_none_or(|last| since.saturating_sub(last) >= grace);
        let is_time =
            !record.offered.is_empty() || self.policy.renew_every.is_some_and(|period| now - record.renewed >= period);
        let has_former = record.former.is_some_and(|(_, end)| now < end);
        if token != record.token || !has_come_since || has_former || record.offered.len() >= MOST_OFFERED || !is_time {
            return None;
        }
        record.offered.push((self.tokens.len(), now));
        Some(self.tell(number))
    }

    /// A visit that changes nothing may renew the token; if not, it restarts the idle timeout.
    fn keep_alive(&mut self, number: usize) -> Option<Answer> {
        let known = self.handles[number].stored.clone()?;
        let Handle { token, sent, since, .. } = self.handles[number];
        let tokens = self.tokens.len();
        let mut record = known.clone();
        let issued = self.rotate(number, &mut record);
        if issued.is_none() && record.token == known.token {
            self.touch(number);
            return None;
        }
        let id = self.handles[number].id;
        if self.live(id).is_some_and(|stored| stored.revision == known.revision) {
            let record = self.write(id, record);
            self.handles[number].follow(record, self.now);
            return issued.map(|token| Answer::Committed(Some(token)));
        }
        // Somebody was faster: the next request does it.
        let handle = &mut self.handles[number];
        (handle.token, handle.sent, handle.since) = (token, sent, since);
        self.tokens.truncate(tokens);
        None
    }

    /// Every write restarts the idle timeout and leaves out what has expired.
    pub(super) fn write(&mut self, id: usize, mut record: Record) -> Record {
        self.writes += 1;
        let account = |record: &Record| record.fields.get("account").cloned();
        if self.records.get(&id).is_none_or(|before| account(before) != account(&record)) {
            record.attached = self.now;
        }
        (record.revision, record.written) = (self.writes, self.now);
        record.expires = record.deadline.min(self.now + record.idle);
        let mut stored = record.clone();
        stored.fields.retain(|_, cell| cell.is_live(self.now));
        self.records.insert(id, stored);
        record
    }

    /// Once a minute, or once in a tenth of the idle timeout.
    fn touch(&mut self, number: usize) {
        let now = self.now;
        let handle = &mut self.handles[number];
        let Some(known) = &mut handle.stored else { return };
        let Some(expires) = known.touched(now) else { return };
        known.expires = expires;
        let stored = self.records.get_mut(&handle.id);
        if let Some(record) = stored.filter(|record| now < record.expires && record.revision == known.revision) {
            record.expires = expires;
        }
    }
}
