//! The model of a session that somebody has open: what was read, what was done to it, and what it looks like.

use super::fields::{Cell, Change, Fields, Time, Value, read};

pub(super) const FIELDS: [&str; 15] = [
    "team",
    "account",
    "visits",
    "hits",
    "name",
    "cart",
    "notice",
    "otp",
    "device",
    "tags",
    "draft",
    "captcha",
    "address",
    "page_size",
    "legacy",
];
/// What the other device has proved, and what belongs to it alone.
const LEFT_BEHIND: [&str; 3] = ["account", "captcha", "device"];
const DROPPED_BY_SIGNING_OUT: [&str; 3] = ["team", "account", "address"];
pub(super) const MERGED: [&str; 3] = ["hits", "tags", "draft"];
const OTP_LIFE: Time = 600;

/// What a store keeps of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) fields: Fields,
    pub(super) created: Time,
    pub(super) authenticated: Option<Time>,
    pub(super) deadline: Time,
    pub(super) idle: Time,
    pub(super) expires: Time,
    pub(super) remembered: bool,
    pub(super) written: Time,
    pub(super) token: usize,
    /// The successors that were offered and not presented yet, and when they were.
    pub(super) offered: Vec<(usize, Time)>,
    /// The token before a periodic renewal, and when it ends.
    pub(super) former: Option<(usize, Time)>,
    /// The successors that were not presented first.
    pub(super) replaced: Vec<usize>,
    pub(super) renewed: Time,
    /// Which of all writes it is.
    pub(super) revision: u64,
    /// Since when it has its account.
    pub(super) attached: Time,
}

#[derive(Default)]
pub(super) struct Handle {
    pub(super) id: usize,
    pub(super) began: Time,
    pub(super) stored: Option<Record>,
    pub(super) shown: Fields,
    pub(super) changes: Vec<(&'static str, Change)>,
    /// An administrator's has none.
    pub(super) token: Option<usize>,
    /// Whether it is one that the client has sent, and when it was or was made.
    pub(super) sent: bool,
    pub(super) since: Time,
    /// Whether the client has anything to forget.
    pub(super) presented: bool,
    /// The record was found gone.
    pub(super) ended: bool,
    pub(super) asked: Asked,
    /// Destroyed, and to be deleted by the next commit.
    pub(super) doomed: Option<usize>,
    /// A flash value for this request only.
    pub(super) flash: Option<Value>,
    /// The flash value popped last, and whether it was for this request only.
    pub(super) popped: Option<(Cell, bool)>,
    pub(super) local: Option<u64>,
}

/// What was asked for the session as a whole since the last write.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(super) struct Asked {
    pub(super) renew: bool,
    pub(super) sign_out: bool,
    pub(super) destroy: bool,
    pub(super) remember: Option<bool>,
    /// Whether somebody else is signed in afterwards, who has not asked to be remembered.
    pub(super) changes_account: bool,
    pub(super) deadline: Option<Time>,
    /// The sessions that are taken over.
    pub(super) sources: Vec<Source>,
    /// The token changes whatever becomes of the request.
    pub(super) renew_anyway: bool,
    /// A session was cleared that somebody was signed in to.
    pub(super) clear: bool,
}

/// A session that is taken over, as it was read.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) id: usize,
    pub(super) record: Record,
    pub(super) hold: Hold,
}

/// What entitles to it.
#[derive(Clone, Copy)]
pub(super) enum Hold {
    Token(usize),
    Account(u64),
}

impl Source {
    /// What becomes of each field, the account first.
    pub(super) fn offers(&self, now: Time) -> Vec<(&'static str, Change)> {
        let offer = |field: &'static str, cell: &Cell| {
            let change = match self.hold {
                Hold::Token(_) if field == "device" => Change::Init(cell.clone()),
                Hold::Account(_) if LEFT_BEHIND.contains(&field) => return None,
                Hold::Account(_) if MERGED.contains(&field) => Change::Combine(cell.clone()),
                Hold::Token(_) | Hold::Account(_) => Change::Overwrite(cell.clone()),
            };
            Some((field, Change::TakeOver(self.id, Box::new(change))))
        };
        let live = self.record.fields.iter().filter(|(_, cell)| cell.is_live(now));
        let mut offers: Vec<_> = live.filter_map(|(field, cell)| offer(field, cell)).collect();
        offers.sort_by_key(|(field, _)| *field != "account");
        offers
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Privilege {
    Kept,
    Renewed,
    Authenticated,
}

/// Where a sign-in comes from.
pub(super) enum SignIn<'a> {
    Here,
    There(&'a Source),
    Nowhere,
}

impl Asked {
    pub(super) const fn renews(&self) -> bool {
        self.renew || self.sign_out || self.renew_anyway || self.clear
    }
}

impl Handle {
    fn stored_fields(&self) -> &Fields {
        static NONE: Fields = Fields::new();
        self.stored.as_ref().map_or(&NONE, |stored| &stored.fields)
    }

    pub(super) fn record(&mut self, field: &'static str, change: Change, now: Time) {
        if change.supersedes() {
            self.changes.retain(|(changed, _)| *changed != field);
        }
        let is_stored = self.stored_fields().contains_key(field);
        change.show(&mut self.shown, is_stored, field, now);
        self.changes.push((field, change));
    }

    pub(super) fn set(&mut self, field: &'static str, value: Value, now: Time) {
        if MERGED.contains(&field) {
            return self.record(field, Change::Merge(read(&self.shown, field, now), value), now);
        }
        let expires = (field == "otp").then_some(now + OTP_LIFE);
        self.set_cell(field, Cell { value, expires }, now);
    }

    /// Signing in as somebody else drops what the visitor must not take along.
    pub(super) fn set_cell(&mut self, field: &'static str, cell: Cell, now: Time) {
        self.record_and_drop(field, Change::Set(cell), now);
    }

    fn record_and_drop(&mut self, field: &'static str, change: Change, now: Time) {
        let before = self.shown.get(field).map(|cell| cell.value.clone());
        self.record(field, change, now);
        let after = self.shown.get(field).map(|cell| cell.value.clone());
        if field == "account" && after.is_some() && after != before {
            self.record("captcha", Change::Drop, now);
        }
    }

    pub(super) fn take_over(&mut self, source: Source, now: Time) {
        for (field, change) in source.offers(now) {
            self.record_and_drop(field, change, now);
        }
        self.asked.sources.push(source);
    }

    /// Takes over what the other session has by now, or nothing if it has ended.
    pub(super) fn refresh(&mut self, position: usize, record: Option<Record>, now: Time) {
        let source = &mut self.asked.sources[position];
        let offers = record.map_or_else(Vec::new, |record| {
            source.record = record;
            source.offers(now)
        });
        let id = source.id;
        for field in FIELDS {
            let offer = offers.iter().find(|(offered, _)| *offered == field);
            let is_there = |(changed, change): &(&str, Change)| *changed == field && change.is_from(id);
            match (self.changes.iter().position(is_there), offer) {
                (Some(there), Some(offer)) => self.changes[there] = offer.clone(),
                (Some(there), None) => drop(self.changes.remove(there)),
                (None, Some(offer)) => self.changes.insert(0, offer.clone()),
                (None, None) => {}
            }
        }
        self.shown = self.replayed(&self.stored_fields().clone(), now);
    }

    pub(super) fn update(&mut self, field: &'static str, change: Change, now: Time) {
        self.record(field, change, now);
    }

    /// Whether it had no value.
    pub(super) fn init(&mut self, value: u64, now: Time) -> bool {
        let is_free = !self.shown.contains_key("device");
        if is_free {
            self.record("device", Change::Init(Cell::lasting(vec![value])), now);
        }
        is_free
    }

    pub(super) fn remove(&mut self, field: &'static str, now: Time) {
        if field == "notice" {
            self.flash = None;
        }
        if self.shown.contains_key(field) {
            self.record(field, Change::Remove, now);
        }
    }

    pub(super) fn pop(&mut self, field: &'static str, now: Time) -> Option<Value> {
        if let Some(value) = self.flash.take_if(|_| field == "notice") {
            self.popped = Some((Cell::lasting(value.clone()), true));
            return Some(value);
        }
        let cell = self.shown.get(field).filter(|cell| cell.is_live(now))?.clone();
        self.record(field, Change::Pop(cell.value.clone()), now);
        if field == "notice" {
            self.popped = Some((cell.clone(), false));
        }
        Some(cell.value)
    }

    /// Puts back what was popped last.
    pub(super) fn keep(&mut self, now: Time) {
        let Some((cell, was_for_now)) = self.popped.take() else { return };
        let last = self.changes.iter().rposition(|(field, _)| *field == "notice");
        let undone = last.filter(|last| !was_for_now && matches!(self.changes[*last].1, Change::Pop(_)));
        if let Some(last) = undone {
            self.changes.remove(last);
            self.shown.insert("notice", cell);
        } else if !self.shown.contains_key("notice") {
            self.record("notice", Change::Set(cell), now);
        }
    }

    pub(super) fn peek(&self, now: Time) -> Value {
        self.flash.clone().unwrap_or_else(|| read(&self.shown, "notice", now))
    }

    /// Whether this request has done anything with the notice.
    pub(super) fn has_own_notice(&self) -> bool {
        self.flash.is_some() || self.changes.iter().any(|(field, _)| *field == "notice")
    }

    pub(super) fn sign_out(&mut self, now: Time) {
        self.asked.sign_out = true;
        self.asked.remember = None;
        for field in DROPPED_BY_SIGNING_OUT {
            self.record(field, Change::Drop, now);
        }
    }

    /// Keeps the token, unless somebody was signed in.
    pub(super) fn clear(&mut self, now: Time) {
        self.asked.clear |= self.touches_account() || self.stored_fields().contains_key("account");
        for field in FIELDS {
            self.record(field, Change::Clear, now);
        }
        (self.flash, self.local) = (None, None);
    }

    fn clear_again(&mut self, now: Time) {
        let local = self.local;
        self.clear(now);
        (self.asked.clear, self.local) = (true, local);
    }

    /// What follows is another session.
    pub(super) fn destroy(&mut self, id: usize, now: Time) {
        let doomed = self.stored.as_ref().map_or(self.doomed, |_| Some(self.id));
        let asked = Asked { destroy: true, ..Asked::default() };
        let (token, presented) = (self.token, self.presented);
        *self = Self { id, began: now, token, presented, doomed, asked, ..Self::default() };
    }

    fn touches_account(&self) -> bool {
        self.changes.iter().any(|(field, change)| *field == "account" && *change != Change::Clear)
    }

    pub(super) fn privilege(&self) -> Privilege {
        match self.touches_account() {
            true if self.shown.contains_key("account") => Privilege::Authenticated,
            true => Privilege::Renewed,
            false if self.asked.renews() => Privilege::Renewed,
            false => Privilege::Kept,
        }
    }

    /// Where the account comes from: from this client, or from which of the sessions that are taken over. Nowhere if it is
    /// the one that is stored.
    pub(super) fn signed_in_with<'a>(&self, stored: &Fields, sources: &'a [Source]) -> SignIn<'a> {
        let mut changes = self.changes.iter().filter(|(field, _)| *field == "account").map(|(_, change)| change);
        let Some(last) = changes.next_back() else { return SignIn::Nowhere };
        let Some(theirs) = last.taken_over() else { return SignIn::Here };
        if changes.any(|change| matches!(change, Change::Set(cell) if cell.value == theirs.value)) {
            return SignIn::Here;
        }
        match sources.iter().find(|source| last.is_from(source.id)) {
            Some(source) if stored.get("account").is_none_or(|ours| ours.value != theirs.value) => {
                SignIn::There(source)
            }
            _ => SignIn::Nowhere,
        }
    }

    /// Whether the notice that was popped here had been taken by another request: it is not this one's to keep.
    pub(super) fn has_missed_its_pop(&self, fields: &Fields) -> bool {
        match self.changes.iter().find(|(changed, _)| *changed == "notice") {
            Some((_, Change::Pop(popped))) => fields.get("notice").is_none_or(|cell| cell.value != *popped),
            _ => false,
        }
    }

    /// Whether the notice is another session's, or was set to what is stored: who gets it is decided there.
    pub(super) fn commits_before_a_claim(&self) -> bool {
        let changes = || self.changes.iter().filter(|(changed, _)| *changed == "notice");
        let value = |fields: &Fields| fields.get("notice").map(|cell| cell.value.clone());
        let is_stored = self.stored.as_ref().and_then(|stored| value(&stored.fields)) == value(&self.shown);
        let sets_equal =
            self.flash.is_none() && value(&self.shown).is_some() && is_stored && changes().next().is_some();
        sets_equal || changes().any(|(_, change)| change.taken_over().is_some())
    }

    fn changes_field(&self, field: &str) -> bool {
        self.shown.get(field) != self.stored_fields().get(field)
    }

    /// Whether there is anything to write.
    pub(super) fn is_changed(&self) -> bool {
        FIELDS.iter().any(|field| self.changes_field(field))
            || self.stored.as_ref().is_some_and(|stored| self.asks(stored))
            || !self.asked.sources.is_empty()
    }

    /// Whether a stored session is to be another one as a whole.
    fn asks(&self, stored: &Record) -> bool {
        self.privilege() != Privilege::Kept
            || !self.asked.sources.is_empty()
            || self.asked.remember.is_some_and(|remember| remember != stored.remembered)
            || self.asked.deadline.is_some_and(|deadline| deadline < stored.deadline)
    }

    /// What leaves a field as it is stored is no change of it, and overwrites nobody's.
    pub(super) fn forget_what_changes_nothing(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        let drops = |field| changes.iter().any(|(changed, change)| *changed == field && change.drops());
        let matters = |field| field == "account" || self.changes_field(field) || drops(field);
        self.changes = changes.iter().filter(|(field, _)| matters(*field)).cloned().collect();
    }

    /// Goes on from what is stored, with the changes that are not committed on top of it.
    pub(super) fn follow(&mut self, stored: Record, now: Time) {
        self.shown = self.replayed(&stored.fields, now);
        self.stored = Some(stored);
    }

    /// The changes done again on what is stored now.
    pub(super) fn replayed(&self, fields: &Fields, now: Time) -> Fields {
        let mut fields = fields.clone();
        self.changes.iter().for_each(|(field, change)| change.apply(&mut fields, field, now));
        fields
    }

    /// Nothing is left of the changes, but that the user wanted to be signed out.
    pub(super) fn end(&mut self, now: Time) {
        self.ended = true;
        self.changes.clear();
        self.shown = self.stored_fields().clone();
        (self.flash, self.popped) = (None, None);
        let asked = std::mem::take(&mut self.asked);
        (self.asked.destroy, self.asked.renew_anyway) = (asked.destroy, asked.renew_anyway);
        if asked.clear {
            self.clear_again(now);
        } else if asked.sign_out {
            self.sign_out(now);
        }
        self.asked.sign_out = asked.sign_out;
    }

    /// The latest end that was asked for or is stored.
    pub(super) fn deadline(&self, absolute: Time) -> Time {
        let deadline = self.stored.as_ref().map_or(self.began + absolute, |stored| stored.deadline);
        self.asked.deadline.map_or(deadline, |asked| asked.min(deadline))
    }
}
