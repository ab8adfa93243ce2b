//! The model: what a session manager does, in the plainest way. Sessions are maps, and nothing runs at once: a commit
//! finds what its handle has read, or something else and does the handle's changes again on that.

use std::collections::BTreeMap;

use super::{
    fields::{Cell, Time, read},
    handle::{Handle, Record},
    operation::{Answer, Call, Operation, Presented, Refusal, Term},
};

/// How long sessions live, and remembered ones.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    pub(super) idle: [Time; 2],
    pub(super) absolute: [Time; 2],
    /// How often tokens are renewed on their own.
    pub(super) renew_every: Option<Time>,
    /// How long the one before works once its successor was presented.
    pub(super) grace: Time,
    /// Whether one that comes back later ends the session.
    pub(super) ends_on_reuse: bool,
}

pub(super) struct Model {
    pub(super) policy: Policy,
    pub(super) now: Time,
    pub(super) records: BTreeMap<usize, Record>,
    pub(super) handles: Vec<Handle>,
    /// The session of each token that there ever was.
    pub(super) tokens: Vec<usize>,
    ids: usize,
    pub(super) writes: u64,
    /// Records that were deleted when they had expired: a store may leave them to the next purge.
    remains: usize,
}

/// The one that is so many before the last.
pub(super) fn from_last(length: usize, number: usize) -> Option<usize> {
    (length > 0).then(|| length - 1 - number % length)
}

impl Model {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            now: 0,
            records: BTreeMap::new(),
            handles: Vec::new(),
            tokens: Vec::new(),
            ids: 0,
            writes: 0,
            remains: 0,
        }
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
            Operation::RevokeAll(term) => {
                Answer::Count(self.with(term).iter().map(|id| self.records.remove(id)).count())
            }
            Operation::Revoke(number) => Answer::Bool(self.nth_id(number).is_some_and(|id| self.revoke(id))),
            Operation::Iterate => Answer::Sessions(self.live_ids().collect()),
            Operation::Purge => self.purge(),
            Operation::Pass(seconds) => {
                self.now += seconds;
                Answer::Nothing
            }
        }
    }

    pub(super) fn live(&self, id: usize) -> Option<&Record> {
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
    pub(super) fn opened_by(&mut self, token: usize) -> Option<usize> {
        let id = *self.tokens.get(token)?;
        let record = self.live(id)?;
        let opens = record.opens_with(token, self.now);
        let is_replaced = record.former.is_some_and(|(former, _)| former == token) || record.replaced.contains(&token);
        if !opens && self.policy.ends_on_reuse && is_replaced {
            self.records.remove(&id);
        }
        opens.then_some(id)
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
        let sent = token.is_some();
        let since = self.now;
        let mut handle = Handle { id, began: record.created, token, sent, since, presented: true, ..Handle::default() };
        handle.follow(record, self.now);
        self.handles.push(handle);
    }

    /// A record with what an older binary has stored under an older name.
    pub(super) fn read(&self, id: usize) -> Record {
        let mut record = self.records[&id].clone();
        if let Some(nick) = record.fields.remove("nick") {
            record.fields.entry("name").or_insert(nick);
        }
        record
    }

    fn get(&mut self, number: usize) -> Answer {
        let found = self.nth_id(number).filter(|id| self.live(*id).is_some());
        if let Some(id) = found {
            self.push_stored(id, None);
        }
        Answer::Bool(found.is_some())
    }

    fn older(&mut self, number: usize, value: u64) -> Answer {
        let token = from_last(self.tokens.len(), number);
        let Some(id) = token.and_then(|token| self.opened_by(token)) else { return Answer::Nothing };
        let mut record = self.records[&id].clone();
        let legacy = record.fields.get("legacy").map_or(0, |cell| cell.value[0]) + value;
        record.fields.insert("nick", Cell::lasting(vec![value]));
        record.fields.insert("legacy", Cell::lasting(vec![legacy]));
        self.push_stored(id, token);
        let issued = self.rotate(self.handles.len() - 1, &mut record);
        self.handles.pop();
        self.write(id, record);
        Answer::Older(legacy, issued)
    }

    pub(super) fn with(&self, term: Term) -> Vec<usize> {
        let (field, value) = match term {
            Term::Account(account) => ("account", account),
            Term::Team(number) => ("team", number),
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
        Answer::Count(before - self.records.len() + std::mem::take(&mut self.remains))
    }

    pub(super) fn delete(&mut self, id: usize) {
        let had_expired = self.live(id).is_none();
        if self.records.remove(&id).is_some() && had_expired {
            self.remains += 1;
        }
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
            Call::LoginWith(account) => return Answer::Bool(self.login(number, account)),
            Call::RevokeOthers => return Answer::Count(self.revoke_others(number)),
            Call::Commit => return self.commit(number).unwrap_or_else(Answer::Refused),
            Call::Reload => return self.reload(number).map_or_else(Answer::Refused, |()| Answer::Nothing),
        }
        Answer::Nothing
    }

    fn destroy(&mut self, number: usize) {
        let id = self.next_id();
        self.handles[number].destroy(id, self.now);
    }

    /// Takes the notice out at once, so that no other request gets it.
    fn claim(&mut self, number: usize) -> Answer {
        let now = self.now;
        if let Err(refusal) = self.handles[number].refuse_if_ended(now) {
            return Answer::Refused(refusal);
        }
        let handle = &mut self.handles[number];
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

    fn reload(&mut self, number: usize) -> Result<(), Refusal> {
        if self.handles[number].stored.is_none() {
            return Err(Refusal::Gone);
        }
        let (id, now) = (self.handles[number].id, self.now);
        let current = self.live(id).is_some().then(|| self.read(id));
        let handle = &mut self.handles[number];
        let opens = |record: &Record| handle.token.is_none_or(|token| record.opens_with(token, now));
        let Some(record) = current.filter(opens) else {
            handle.end(now);
            return Err(Refusal::Gone);
        };
        let Handle { id, token, sent, since, local, .. } = *handle;
        *handle = Handle { id, began: record.created, token, sent, since, local, presented: true, ..Handle::default() };
        handle.follow(record, now);
        Ok(())
    }

    pub(super) fn expires_in(&self, handle: &Handle) -> Time {
        let expires = match &handle.stored {
            Some(stored) => stored.touched(self.now).unwrap_or(stored.expires),
            None => self.deadline(handle).min(self.now + self.policy.idle[0]),
        };
        expires.saturating_sub(self.now)
    }

    pub(super) fn deadline(&self, handle: &Handle) -> Time {
        handle.deadline(self.policy.absolute[0])
    }
}
