//! The model of accounts: a session takes over what another one has, and the sessions of one account end together.

use std::collections::BTreeSet;

use super::{
    fields::{Change, Fields, Time, read},
    handle::{MERGED, Record},
    operation::{Call, Operation, Term},
    reference::{Model, from_last},
};

impl Model {
    pub(super) fn merge(&mut self, number: usize, token: usize) -> bool {
        let token = from_last(self.tokens.len(), token);
        let found = token.filter(|token| self.tokens[*token] != self.handles[number].id);
        let Some(id) = found.and_then(|token| self.opened_by(token)) else { return false };
        self.take_over(number, id, false);
        true
    }

    /// Signs in, and takes over what the account's latest other session has.
    pub(super) fn login(&mut self, number: usize, account: u64) -> bool {
        let latest = self.latest_others(number, account).last().copied();
        self.handles[number].set("account", vec![account], self.now);
        if let Some(id) = latest {
            self.take_over(number, id, true);
        }
        latest.is_some()
    }

    fn latest_others(&self, number: usize, account: u64) -> Vec<usize> {
        let mut others = self.with(Term::Account(account));
        others.retain(|id| *id != self.handles[number].id);
        others.sort_by_key(|id| self.records[id].last_seen());
        others
    }

    /// Whether several sessions could be the one that was used last or signed in first, as they were in one moment.
    pub(super) fn is_ambiguous(&self, operation: &Operation) -> bool {
        let Operation::On(number, call) = operation else { return false };
        let Some(number) = from_last(self.handles.len(), *number) else { return false };
        match call {
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

    /// The other's values win, or are combined, and it ends when this one is written. Its account comes first, so that
    /// what it brings along is not dropped by signing in.
    fn take_over(&mut self, number: usize, id: usize, combines: bool) {
        let (now, theirs) = (self.now, self.read(id).fields);
        let handle = &mut self.handles[number];
        handle.asked.absorbed.push(id);
        let (account, others): (Fields, Fields) = theirs.into_iter().partition(|(field, _)| *field == "account");
        for (field, cell) in account.into_iter().chain(others).filter(|(_, cell)| cell.is_live(now)) {
            match combines && MERGED.contains(&field) {
                true => handle.update(field, Change::Combine(cell), now),
                false => handle.set_cell(field, cell, now),
            }
        }
    }

    pub(super) fn revoke_others(&mut self, number: usize) -> usize {
        let account = read(&self.handles[number].shown, "account", self.now);
        let Some(account) = account.first() else { return 0 };
        self.handles[number].asked.renew = true;
        self.latest_others(number, *account).iter().filter_map(|id| self.records.remove(id)).count()
    }
}
