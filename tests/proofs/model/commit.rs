//! The model of a commit: it finds what its handle has read, or something else and does the handle's changes again on
//! that.

use super::{
    fields::{Fields, Time},
    handle::{Asked, Handle, Privilege, Record},
    operation::{Answer, Refusal, Term},
    reference::Model,
};

const MOST_UNDER_A_TERM: usize = 2;
const LONGEST_THROTTLE: Time = 60;

impl Record {
    pub(super) fn opens_with(&self, token: usize, now: Time) -> bool {
        let works = |previous: (usize, Option<Time>)| previous.0 == token && previous.1.is_none_or(|end| now < end);
        self.token == token || self.previous.is_some_and(works)
    }

    /// When it expires if it is touched now; none if that would gain less than a minute, or than a tenth of the idle
    /// timeout.
    pub(super) fn touched(&self, now: Time) -> Option<Time> {
        let expires = self.deadline.min(now + self.idle);
        (expires >= self.expires + (self.idle / 10).min(LONGEST_THROTTLE)).then_some(expires)
    }

    pub(super) fn last_seen(&self) -> Time {
        self.written.max(self.expires.saturating_sub(self.idle))
    }
}

impl Handle {
    /// Changes to a session that is gone have nowhere to go.
    pub(super) fn refuse_if_ended(&mut self, now: Time) -> Result<(), Refusal> {
        if !self.ended || !self.is_changed() && self.asked.absorbed.is_empty() {
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
        let may_write = is_as_read || handle.token.is_none_or(|token| record.opens_with(token, self.now));
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
            self.end_absorbed(number);
            return Ok(self.keep_alive(number).unwrap_or(told));
        }
        let privilege = handle.privilege();
        let record = match &handle.stored {
            None => self.created(number)?,
            Some(_) => self.updated(number)?,
        };
        Ok(self.settle(number, record, privilege))
    }

    fn created(&mut self, number: usize) -> Result<Record, Refusal> {
        let (now, fields) = (self.now, self.handles[number].shown.clone());
        self.make_room(number, &Fields::new(), &fields)?;
        let (deadline, idle) = (now + self.policy.absolute[0], self.policy.idle[0]);
        Ok(Record { fields, created: now, deadline, idle, ..Record::default() })
    }

    fn updated(&mut self, number: usize) -> Result<Record, Refusal> {
        let handle = &self.handles[number];
        let known = handle.stored.clone().ok_or(Refusal::Gone)?;
        if self.now < known.deadline {
            // The place is taken before the session is written.
            let shown = handle.shown.clone();
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
        self.make_room(number, &record.fields, &fields)?;
        let account = |fields: &Fields| fields.get("account").map(|cell| cell.value.clone());
        let is_another = account(&record.fields).is_some() && account(&record.fields) != account(&fields);
        let asked = &mut self.handles[number].asked;
        asked.ends_account = asked.sign_out || is_another;
        record.fields = fields;
        Ok(record)
    }

    /// At most so many sessions have one team, or it is refused; and one account, or the one that has had it longest ends.
    fn make_room(&mut self, number: usize, before: &Fields, after: &Fields) -> Result<(), Refusal> {
        let others = |model: &Self, field| {
            let wanted = after.get(field).filter(|_| before.get(field) != after.get(field))?;
            let term = if field == "team" { Term::Team(wanted.value[0]) } else { Term::Account(wanted.value[0]) };
            let mut others = model.with(term);
            others.retain(|id| *id != model.handles[number].id);
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
        self.lengthen_or_shorten(&mut record, &asked, privilege);
        let issued = match is_new || privilege != Privilege::Kept {
            true => Some(self.issue(number, &mut record, None)),
            false => self.rotate(number, &mut record, was_remembered),
        };
        let handle = &mut self.handles[number];
        handle.presented |= is_new;
        handle.changes.clear();
        handle.began = record.created;
        let is_told = asked.remember.is_some() || record.remembered != was_remembered;
        let told = issued.or(handle.token.filter(|token| is_told && *token == record.token));
        handle.asked.absorbed = asked.absorbed;
        let record = self.write(self.handles[number].id, record);
        self.handles[number].follow(record, self.now);
        self.end_absorbed(number);
        Answer::Committed(told)
    }

    /// Only signing in lengthens a session.
    fn lengthen_or_shorten(&self, record: &mut Record, asked: &Asked, privilege: Privilege) {
        let was_remembered = record.remembered;
        record.remembered = asked.remember.unwrap_or(was_remembered && !asked.ends_account);
        let kind = usize::from(record.remembered);
        let (idle, absolute) = (self.policy.idle[kind], self.policy.absolute[kind]);
        if privilege == Privilege::Authenticated {
            record.authenticated = Some(self.now);
            (record.idle, record.deadline) = (idle, self.now + absolute);
        } else if asked.remember == Some(false) {
            record.idle = record.idle.min(idle);
            record.deadline = record.deadline.min(record.authenticated.unwrap_or(record.created) + absolute);
        } else if was_remembered && !record.remembered {
            record.idle = record.idle.min(idle);
            record.deadline = record.deadline.min(self.now + absolute);
        }
        record.deadline = record.deadline.min(asked.deadline.unwrap_or(Time::MAX));
    }

    /// A new token. The one before goes on working only after a periodic renewal.
    fn issue(&mut self, number: usize, record: &mut Record, previous: Option<usize>) -> usize {
        let handle = &mut self.handles[number];
        (record.token, record.renewed) = (self.tokens.len(), self.now);
        record.previous = previous.map(|previous| (previous, None));
        (handle.token, handle.sent) = (Some(record.token), false);
        self.tokens.push(handle.id);
        record.token
    }

    /// Renews the token on its own if it is time, or sets the end of the one before when its successor comes. Who comes
    /// with the one before, and is remembered or not any more, gets a new one.
    pub(super) fn rotate(&mut self, number: usize, record: &mut Record, was_remembered: bool) -> Option<usize> {
        let (token, sent) = (self.handles[number].token?, self.handles[number].sent);
        let age = self.now - record.renewed;
        let is_current = record.token == token;
        match record.previous {
            Some((previous, None)) if !is_current && age >= self.policy.grace => {
                Some(self.issue(number, record, Some(previous)))
            }
            Some((previous, None)) if is_current && sent => {
                record.previous = Some((previous, Some(self.now + self.policy.grace)));
                None
            }
            Some((previous, _)) if is_current && record.opens_with(previous, self.now) => None,
            _ if is_current && self.policy.renew_every.is_some_and(|period| age >= period) => {
                Some(self.issue(number, record, Some(token)))
            }
            Some(_) if !is_current && record.opens_with(token, self.now) && record.remembered != was_remembered => {
                let current = record.token;
                Some(self.issue(number, record, Some(current)))
            }
            _ => None,
        }
    }

    /// A visit that changes nothing may renew the token; if not, it restarts the idle timeout.
    fn keep_alive(&mut self, number: usize) -> Option<Answer> {
        let known = self.handles[number].stored.clone()?;
        let (token, sent, tokens) = (self.handles[number].token, self.handles[number].sent, self.tokens.len());
        let mut record = known.clone();
        let issued = self.rotate(number, &mut record, known.remembered);
        if issued.is_none() && record.previous == known.previous {
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
        (self.handles[number].token, self.handles[number].sent) = (token, sent);
        self.tokens.truncate(tokens);
        None
    }

    fn end_absorbed(&mut self, number: usize) {
        for id in std::mem::take(&mut self.handles[number].asked.absorbed) {
            self.delete(id);
        }
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
