//! The model: what a session manager does, in the plainest way. Sessions are maps, and nothing runs at once: a commit
//! finds what its handle has read, or something else and does the handle's changes again on that.

use std::collections::BTreeMap;

use super::{
    fields::{Cell, Fields, Time, read},
    handle::{Asked, Handle, Privilege, Record},
    operation::{Answer, Call, Operation, Presented, Refusal, Term},
};

const MOST_UNDER_A_TERM: usize = 2;
const LONGEST_THROTTLE: Time = 60;

/// How long sessions live, and remembered ones.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    pub(super) idle: [Time; 2],
    pub(super) absolute: [Time; 2],
}

pub(super) struct Model {
    policy: Policy,
    now: Time,
    records: BTreeMap<usize, Record>,
    pub(super) handles: Vec<Handle>,
    /// The session of each token that there ever was.
    tokens: Vec<usize>,
    ids: usize,
    writes: u64,
}

/// The one that is so many before the last.
pub(super) fn from_last(length: usize, number: usize) -> Option<usize> {
    (length > 0).then(|| length - 1 - number % length)
}

impl Model {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, now: 0, records: BTreeMap::new(), handles: Vec::new(), tokens: Vec::new(), ids: 0, writes: 0 }
    }

    pub(super) fn run(&mut self, operation: &Operation) -> Answer {
        match *operation {
            Operation::Open(presented) => self.open(presented),
            Operation::Get(number) => self.get(number),
            Operation::Older(number, value) => self.older(number, value),
            Operation::On(number, ref call) => match from_last(self.handles.len(), number) {
                Some(handle) => self.call(handle, call),
                None => Answer::Nothing,
            },
            Operation::Find(term) => Answer::Sessions(self.with(term)),
            Operation::RevokeAll(term) => Answer::Count(self.with(term).iter().map(|id| self.records.remove(id)).count()),
            Operation::Revoke(number) => Answer::Bool(self.nth_id(number).is_some_and(|id| self.revoke(id))),
            Operation::Iterate => Answer::Sessions(self.live_ids().collect()),
            Operation::Purge => self.purge(),
            Operation::Pass(seconds) => {
                self.now += seconds;
                Answer::Nothing
            }
        }
    }

    fn live(&self, id: usize) -> Option<&Record> {
        self.records.get(&id).filter(|record| self.now < record.expires)
    }

    pub(super) fn live_ids(&self) -> impl Iterator<Item = usize> {
        self.records.keys().copied().filter(|id| self.live(*id).is_some())
    }

    fn nth_id(&self, number: usize) -> Option<usize> {
        from_last(self.ids, number)
    }

    fn next_id(&mut self) -> usize {
        self.ids += 1;
        self.ids - 1
    }

    /// The session that a token opens.
    fn opened_by(&self, token: usize) -> Option<usize> {
        let id = *self.tokens.get(token)?;
        self.live(id).filter(|record| record.token == token).map(|_| id)
    }

    fn open(&mut self, presented: Presented) -> Answer {
        let token = match presented {
            Presented::Token(number) => from_last(self.tokens.len(), number),
            Presented::Nothing | Presented::Malformed | Presented::Forged(_) => None,
        };
        let found = token.and_then(|token| self.opened_by(token));
        match found {
            Some(id) => self.push_stored(id, token),
            None => {
                let any = match presented {
                    Presented::Nothing => false,
                    Presented::Malformed => true,
                    Presented::Forged(_) | Presented::Token(_) => !self.tokens.is_empty(),
                };
                let id = self.next_id();
                self.handles.push(Handle { id, began: self.now, presented: any, ..Handle::default() });
            }
        }
        Answer::Bool(found.is_some())
    }

    fn push_stored(&mut self, id: usize, token: Option<usize>) {
        let record = self.read(id);
        let mut handle = Handle { id, began: record.created, token, presented: true, ..Handle::default() };
        handle.follow(record, self.now);
        self.handles.push(handle);
    }

    /// A record with what an older binary has stored under an older name.
    fn read(&self, id: usize) -> Record {
        let mut record = self.records[&id].clone();
        if let Some(nick) = record.fields.remove("nick") {
            record.fields.entry("name").or_insert(nick);
        }
        record
    }

    fn get(&mut self, number: usize) -> Answer {
        let found = self.nth_id(number).filter(|id| self.live(*id).is_some());
        found.into_iter().for_each(|id| self.push_stored(id, None));
        Answer::Bool(found.is_some())
    }

    fn older(&mut self, number: usize, value: u64) -> Answer {
        let token = from_last(self.tokens.len(), number);
        let Some(id) = token.and_then(|token| self.opened_by(token)) else { return Answer::Nothing };
        let mut record = self.records[&id].clone();
        let legacy = record.fields.get("legacy").map_or(0, |cell| cell.value[0]) + value;
        record.fields.insert("nick", Cell::lasting(vec![value]));
        record.fields.insert("legacy", Cell::lasting(vec![legacy]));
        self.write(id, record);
        Answer::Value(vec![legacy])
    }

    fn with(&self, term: Term) -> Vec<usize> {
        let (field, value) = match term {
            Term::Account(account) => ("account", account),
            Term::Team(team) => ("team", team),
        };
        self.live_ids().filter(|id| read(&self.records[id].fields, field, self.now) == [value]).collect()
    }

    fn revoke(&mut self, id: usize) -> bool {
        self.live(id).is_some() && self.records.remove(&id).is_some()
    }

    fn purge(&mut self) -> Answer {
        self.now += 1;
        let before = self.records.len();
        self.records.retain(|_, record| self.now < record.expires);
        Answer::Count(before - self.records.len())
    }

    fn call(&mut self, number: usize, call: &Call) -> Answer {
        let (now, handle) = (self.now, &mut self.handles[number]);
        match *call {
            Call::Set(field, value) => handle.set(field, vec![value], now),
            Call::SetTags(ref tags) => handle.set("tags", tags.iter().copied().collect(), now),
            Call::Update(field, ref change) => handle.update(field, change.clone(), now),
            Call::Init(value) if !handle.init(value, now) => return Answer::Refused(Refusal::AlreadySet),
            Call::Init(_) => {}
            Call::Remove(field) => handle.remove(field, now),
            Call::Pop(field) => return Answer::Value(handle.pop(field, now).unwrap_or_default()),
            Call::Keep => handle.keep(now),
            Call::Now(value) => handle.flash = Some(vec![value]),
            Call::Claim => return self.claim(number),
            Call::Local(value) => handle.local = Some(value),
            Call::Renew => handle.asked.renew = true,
            Call::SignOut => handle.sign_out(now),
            Call::Clear => handle.clear(now),
            Call::Destroy | Call::SetDeadline(0) => self.destroy(number),
            Call::Remember(remember) => handle.asked.remember = Some(remember),
            Call::SetDeadline(seconds) => {
                let asked = handle.asked.deadline.get_or_insert(now + seconds);
                *asked = (*asked).min(now + seconds);
            }
            Call::MergeFrom(token) => return Answer::Bool(self.merge(number, token)),
            Call::Commit => return self.commit(number).unwrap_or_else(Answer::Refused),
            Call::Reload => return self.reload(number).map_or_else(Answer::Refused, |()| Answer::Nothing),
        }
        Answer::Nothing
    }

    fn destroy(&mut self, number: usize) {
        let id = self.next_id();
        self.handles[number].destroy(id, self.now);
    }

    /// The other's values win, and it ends when this one is written. Its account comes first, so that what it brings
    /// along is not dropped by signing in.
    fn merge(&mut self, number: usize, token: usize) -> bool {
        let token = from_last(self.tokens.len(), token);
        let found = token.and_then(|token| self.opened_by(token)).filter(|id| *id != self.handles[number].id);
        let Some(id) = found else { return false };
        let (now, theirs) = (self.now, self.read(id).fields);
        let handle = &mut self.handles[number];
        handle.asked.absorbed.push(id);
        let (account, others): (Fields, Fields) = theirs.into_iter().partition(|(field, _)| *field == "account");
        for (field, cell) in account.into_iter().chain(others).filter(|(_, cell)| cell.is_live(now)) {
            handle.set_cell(field, cell, now);
        }
        true
    }

    /// Takes the notice out at once, so that no other request gets it.
    fn claim(&mut self, number: usize) -> Answer {
        let (now, handle) = (self.now, &mut self.handles[number]);
        if let Err(refusal) = refuse_if_ended(handle, now) {
            return Answer::Refused(refusal);
        }
        let Some(known) = handle.stored.clone().filter(|_| !handle.has_own_notice()) else {
            return Answer::Value(handle.pop("notice", now).unwrap_or_default());
        };
        if !known.fields.contains_key("notice") {
            handle.follow(known, now);
            return Answer::Value(Vec::new());
        }
        let Ok(mut record) = self.current(number) else {
            self.handles[number].end(now);
            return Answer::Value(Vec::new());
        };
        let id = self.handles[number].id;
        let claimed = record.fields.remove("notice");
        if claimed.is_some() {
            record = self.write(id, record);
        }
        self.handles[number].follow(record, now);
        Answer::Value(claimed.map(|cell| cell.value).unwrap_or_default())
    }

    /// What is stored of a handle's session, if the handle may still write there.
    fn current(&self, number: usize) -> Result<Record, ()> {
        let handle = &self.handles[number];
        let known = handle.stored.as_ref().ok_or(())?;
        let record = self.live(handle.id).ok_or(())?;
        let may_write = handle.token.is_none() || record.token == known.token;
        may_write.then(|| self.read(handle.id)).ok_or(())
    }

    fn reload(&mut self, number: usize) -> Result<(), Refusal> {
        if self.handles[number].stored.is_none() {
            return Err(Refusal::Gone);
        }
        let (current, now) = (self.current(number), self.now);
        let handle = &mut self.handles[number];
        let Ok(record) = current else {
            handle.end(now);
            return Err(Refusal::Gone);
        };
        let (token, local) = (handle.token, handle.local);
        *handle = Handle { id: handle.id, began: record.created, token, local, presented: true, ..Handle::default() };
        handle.follow(record, now);
        Ok(())
    }

    fn commit(&mut self, number: usize) -> Result<Answer, Refusal> {
        let handle = &mut self.handles[number];
        if let Some(doomed) = handle.doomed.take() {
            self.records.remove(&doomed);
            handle.token = None;
        }
        let told = if handle.asked.destroy && handle.presented { Answer::Forget } else { Answer::Committed(None) };
        refuse_if_ended(handle, self.now)?;
        handle.forget_what_changes_nothing();
        if !handle.is_changed() {
            self.end_absorbed(number);
            self.touch(number);
            return Ok(told);
        }
        let privilege = handle.privilege();
        let record = match &handle.stored {
            None => self.created(number)?,
            Some(_) => self.updated(number, privilege)?,
        };
        Ok(self.settle(number, record, privilege))
    }

    fn created(&mut self, number: usize) -> Result<Record, Refusal> {
        let (now, fields) = (self.now, self.handles[number].shown.clone());
        self.make_room(number, &Fields::new(), &fields)?;
        let (deadline, idle) = (now + self.policy.absolute[0], self.policy.idle[0]);
        let token = self.tokens.len();
        Ok(Record {
            fields, created: now, authenticated: None, deadline, idle, expires: 0, remembered: false, token, revision: 0, attached: 0,
        })
    }

    fn updated(&mut self, number: usize, privilege: Privilege) -> Result<Record, Refusal> {
        let handle = &self.handles[number];
        let known = handle.stored.clone().ok_or(Refusal::Gone)?;
        if self.now < known.deadline {
            // The place is taken before the session is written.
            let shown = handle.shown.clone();
            self.make_room(number, &known.fields, &shown)?;
        }
        let Ok(mut record) = self.current(number) else {
            self.handles[number].asked = Asked::default();
            self.handles[number].end(self.now);
            return Err(if privilege == Privilege::Authenticated { Refusal::SignInLost } else { Refusal::Gone });
        };
        let handle = &self.handles[number];
        let fields = match record.revision == known.revision {
            true => handle.shown.clone(),
            false => handle.replayed(&record.fields, self.now),
        };
        self.make_room(number, &record.fields, &fields)?;
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
        let is_new = self.handles[number].stored.is_none();
        record.remembered = asked.remember.unwrap_or(record.remembered);
        let (idle, absolute) = (self.policy.idle[usize::from(record.remembered)], self.policy.absolute[usize::from(record.remembered)]);
        if privilege == Privilege::Authenticated {
            record.authenticated = Some(self.now);
            (record.idle, record.deadline) = (idle, self.now + absolute);
        } else if asked.remember == Some(false) {
            record.idle = record.idle.min(idle);
            record.deadline = record.deadline.min(record.authenticated.unwrap_or(record.created) + absolute);
        }
        record.deadline = record.deadline.min(asked.deadline.unwrap_or(Time::MAX));
        let id = self.handles[number].id;
        let renewed = is_new || privilege != Privilege::Kept;
        if renewed {
            record.token = self.tokens.len();
            self.tokens.push(id);
            self.handles[number].token = Some(record.token);
            self.handles[number].presented |= is_new;
        }
        let record = self.write(id, record);
        let handle = &mut self.handles[number];
        handle.changes.clear();
        handle.began = record.created;
        handle.follow(record, self.now);
        handle.asked.absorbed = asked.absorbed;
        self.end_absorbed(number);
        let repeated = asked.remember.is_some() || renewed;
        Answer::Committed(self.handles[number].token.filter(|_| repeated))
    }

    fn end_absorbed(&mut self, number: usize) {
        for id in std::mem::take(&mut self.handles[number].asked.absorbed) {
            self.records.remove(&id);
        }
    }

    /// Every write restarts the idle timeout and leaves out what has expired.
    fn write(&mut self, id: usize, mut record: Record) -> Record {
        self.writes += 1;
        let account = |record: &Record| record.fields.get("account").cloned();
        if self.records.get(&id).is_none_or(|before| account(before) != account(&record)) {
            record.attached = self.writes;
        }
        record.revision = self.writes;
        record.expires = record.deadline.min(self.now + record.idle);
        let mut stored = record.clone();
        stored.fields.retain(|_, cell| cell.is_live(self.now));
        self.records.insert(id, stored);
        record
    }

    /// A visit that changes nothing restarts the idle timeout, once a minute or once a tenth of it.
    fn touch(&mut self, number: usize) {
        let now = self.now;
        let handle = &mut self.handles[number];
        let Some(known) = &mut handle.stored else { return };
        let Some(expires) = touched(known, now) else { return };
        known.expires = expires;
        let stored = self.records.get_mut(&handle.id);
        if let Some(record) = stored.filter(|record| now < record.expires && record.revision == known.revision) {
            record.expires = expires;
        }
    }

    pub(super) fn expires_in(&self, handle: &Handle) -> Time {
        let expires = match &handle.stored {
            Some(stored) => touched(stored, self.now).unwrap_or(stored.expires),
            None => handle.deadline(self.policy.absolute[0]).min(self.now + self.policy.idle[0]),
        };
        expires.saturating_sub(self.now)
    }

    pub(super) const fn now(&self) -> Time {
        self.now
    }

    pub(super) fn deadline(&self, handle: &Handle) -> Time {
        handle.deadline(self.policy.absolute[0])
    }
}

fn touched(record: &Record, now: Time) -> Option<Time> {
    let expires = record.deadline.min(now + record.idle);
    (expires >= record.expires + (record.idle / 10).min(LONGEST_THROTTLE)).then_some(expires)
}

/// Changes to a session that is gone have nowhere to go.
fn refuse_if_ended(handle: &mut Handle, now: Time) -> Result<(), Refusal> {
    if !handle.ended || !handle.is_changed() && handle.asked.absorbed.is_empty() {
        return Ok(());
    }
    let privilege = handle.privilege();
    handle.end(now);
    Err(if privilege == Privilege::Authenticated { Refusal::SignInLost } else { Refusal::Gone })
}
