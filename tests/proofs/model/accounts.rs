//! The model of accounts: a session takes over what another one has, and the sessions of one account end together.

use std::collections::BTreeSet;

use super::{
    fields::{Time, read},
    handle::{Hold, Privilege, Record, Source},
    operation::{Call, Operation, Refusal, Term},
    reference::{Model, from_last},
};

impl Model {
    pub(super) fn merge(&mut self, number: usize, token: usize) -> bool {
        let Some(token) = from_last(self.tokens.len(), token) else { return false };
        let Some(id) = self.opened_by(token).filter(|id| !self.has_merged(number, *id)) else { return false };
        self.take_over(number, id, Hold::Token(token));
        true
    }

    /// Signs in, and takes over what the account's latest other session has.
    pub(super) fn login(&mut self, number: usize, account: u64) -> bool {
        let latest = self.latest_others(number, account).last().copied();
        let latest = latest.filter(|id| !self.has_merged(number, *id));
        self.handles[number].set("account", vec![account], self.now);
        if let Some(id) = latest {
            self.take_over(number, id, Hold::Account(account));
        }
        latest.is_some()
    }

    fn has_merged(&self, number: usize, id: usize) -> bool {
        let handle = &self.handles[number];
        handle.id == id || handle.asked.sources.iter().any(|source| source.id == id)
    }

    fn latest_others(&self, number: usize, account: u64) -> Vec<usize> {
        let mut others = self.with(Term::Account(account));
        others.retain(|id| *id != self.handles[number].id);
        others.sort_by_key(|id| self.records[id].last_seen());
        others
    }

    /// Whether several sessions could be the one that was used last or signed in first, as they were in one moment; whether a
    /// session ends in the moment in which it is stored; whether a claim commits first, whose token it does not tell.
    pub(super) fn is_ambiguous(&self, operation: &Operation) -> bool {
        let Operation::On(number, call) = operation else { return false };
        let Some(number) = from_last(self.handles.len(), *number) else { return false };
        match call {
            Call::Claim => self.handles[number].commits_before_a_claim(),
            Call::Commit if self.handles[number].asked.deadline.is_some_and(|deadline| deadline <= self.now) => true,
            Call::LoginWith(account) => self.have_one_moment(number, *account, Record::last_seen),
            Call::Commit => match read(&self.handles[number].shown, "account", self.now)[..] {
                [account] => self.have_one_moment(number, account, |record| record.attached),
                _ => false,
            },
            _ => false,
        }
    }

    fn have_one_moment(&self, number: usize, account: u64, moment: fn(&Record) -> Time) -> bool {
        let others = self.latest_others(number, account);
        let moments: BTreeSet<Time> = others.iter().map(|id| moment(&self.records[id])).collect();
        moments.len() < others.len()
    }

    /// The other one ends when this one is written.
    fn take_over(&mut self, number: usize, id: usize, hold: Hold) {
        let source = Source { id, record: self.read(id), hold };
        self.handles[number].take_over(source, self.now);
    }

    /// What another session has is taken as it is now, if it is still there and may be taken.
    pub(super) fn take(&mut self, number: usize) -> Result<(), Refusal> {
        let (mut position, signed_in) = (0, self.handles[number].privilege() == Privilege::Authenticated);
        while let Some(source) = self.handles[number].asked.sources.get(position).cloned() {
            let now = self.now;
            let record = self.live(source.id).is_some().then(|| self.read(source.id));
            let is_as_read = record.as_ref().is_some_and(|record| record.revision == source.record.revision);
            let may_take = |record: &Record| match source.hold {
                Hold::Token(token) => record.opens_with(token, now),
                Hold::Account(account) => read(&record.fields, "account", now) == [account],
            };
            match record.filter(|record| is_as_read || may_take(record)) {
                Some(record) => {
                    if !is_as_read {
                        self.handles[number].refresh(position, Some(record.clone()), now);
                    }
                    // It is written into whom it belongs now.
                    let record = self.write(source.id, record);
                    self.handles[number].asked.sources[position].record = record;
                    position += 1;
                }
                None => {
                    self.handles[number].refresh(position, None, now);
                    self.handles[number].asked.sources.remove(position);
                }
            }
        }
        match signed_in && self.handles[number].privilege() != Privilege::Authenticated {
            true => Err(Refusal::SignInLost),
            false => Ok(()),
        }
    }

    pub(super) fn revoke_others(&mut self, number: usize) -> usize {
        let account = read(&self.handles[number].shown, "account", self.now);
        let Some(account) = account.first() else { return 0 };
        self.handles[number].asked.renew_anyway = true;
        self.latest_others(number, *account).iter().filter_map(|id| self.records.remove(id)).count()
    }
}
