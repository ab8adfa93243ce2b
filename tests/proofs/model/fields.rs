//! Fields of the model: what one change makes of one value.

use std::collections::BTreeMap;

/// A number is a list of one, so that every value is of one type.
pub(super) type Value = Vec<u64>;

/// Seconds since the model's beginning.
pub(super) type Time = u64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) value: Value,
    pub(super) expires: Option<Time>,
}

/// What there is of a session's data, by the names under which it is stored.
pub(super) type Fields = BTreeMap<&'static str, Cell>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Set(Cell),
    Remove,
    /// By signing in or out: it also takes what another request stored meanwhile.
    Drop,
    /// By clearing the whole session, which does too.
    Clear,
    /// Takes this value out, and no other.
    Pop(Value),
    /// Sets it if it has no value.
    Init(Cell),
    Add(u64),
    Push(u64),
    Shorten,
    Insert(u64),
    Discard(u64),
    /// What was set where `merge` combines it with what another request stored: from what, to what.
    Merge(Value, Value),
    /// What another session brings along where `merge` combines it with what is there.
    Combine(Cell),
    /// What another session brings along in place of what is there.
    Overwrite(Cell),
    /// From which session.
    TakeOver(usize, Box<Change>),
}

impl Cell {
    pub(super) const fn lasting(value: Value) -> Self {
        Self { value, expires: None }
    }

    pub(super) fn is_live(&self, now: Time) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

impl Change {
    /// Whether earlier changes of the field no longer matter.
    pub(super) const fn supersedes(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Remove | Self::Drop | Self::Clear)
    }

    pub(super) fn is_from(&self, source: usize) -> bool {
        matches!(self, Self::TakeOver(from, _) if *from == source)
    }

    /// Whether it matters also where there was nothing.
    pub(super) const fn drops(&self) -> bool {
        matches!(self, Self::Drop | Self::Clear)
    }

    /// What another session brings along.
    pub(super) fn taken_over(&self) -> Option<&Cell> {
        match self {
            Self::TakeOver(_, change) => match &**change {
                Self::Overwrite(cell) | Self::Init(cell) | Self::Combine(cell) => Some(cell),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it goes from the value that is there.
    const fn updates(&self) -> bool {
        matches!(self, Self::Add(_) | Self::Push(_) | Self::Shorten | Self::Insert(_) | Self::Discard(_))
    }

    /// Changes the field; a value that has expired is none.
    pub(super) fn apply(&self, fields: &mut Fields, field: &'static str, now: Time) {
        if let Self::TakeOver(_, change) = self {
            return change.apply(fields, field, now);
        }
        let there = fields.remove(field).filter(|cell| cell.is_live(now));
        let value = there.as_ref().map_or_else(|| default(field), |cell| cell.value.clone());
        let after = match self {
            Self::Set(cell) | Self::Overwrite(cell) => Some(cell.clone()),
            Self::Remove | Self::Drop | Self::Clear => None,
            Self::Pop(popped) => there.filter(|cell| cell.value != *popped),
            Self::Init(cell) => there.or_else(|| Some(cell.clone())),
            Self::Merge(base, ours) => Some(Cell::lasting(merged(field, base, ours, &value))),
            Self::Combine(theirs) if there.is_some() => {
                Some(Cell::lasting(merged(field, &default(field), &value, &theirs.value)))
            }
            Self::Combine(theirs) => Some(theirs.clone()),
            _ => Some(Cell::lasting(self.updated(value))),
        };
        fields.extend(after.map(|cell| (field, cell)));
    }

    fn updated(&self, mut value: Value) -> Value {
        match self {
            Self::Add(amount) => value[0] += amount,
            Self::Push(item) => value.push(*item),
            Self::Shorten => drop(value.pop()),
            Self::Insert(tag) => value = united(&[], &[*tag], &value),
            Self::Discard(tag) => value = united(&[*tag], &[], &value),
            _ => {}
        }
        value
    }

    /// Changes what a handler sees. An update that leaves the default where nothing is stored leaves nothing.
    pub(super) fn show(&self, shown: &mut Fields, is_stored: bool, field: &'static str, now: Time) {
        self.apply(shown, field, now);
        let is_default = shown.get(field).is_some_and(|cell| cell.value == default(field));
        if self.updates() && is_default && !is_stored {
            shown.remove(field);
        }
    }
}

/// What a field reads as without a value.
pub(super) fn default(field: &str) -> Value {
    match field {
        "visits" | "hits" | "draft" => vec![0],
        "page_size" => vec![20],
        _ => Vec::new(),
    }
}

/// What an option or a number reads as.
pub(super) fn read(fields: &Fields, field: &str, now: Time) -> Value {
    fields.get(field).filter(|cell| cell.is_live(now)).map_or_else(|| default(field), |cell| cell.value.clone())
}

fn merged(field: &str, base: &[u64], ours: &[u64], theirs: &[u64]) -> Value {
    match field {
        "hits" => vec![(theirs[0] + ours[0]).saturating_sub(base[0])],
        "draft" if theirs == base => ours.to_vec(),
        "draft" => vec![ours[0].max(theirs[0])],
        _ => united(base, ours, theirs),
    }
}

/// What the others have, with what ours added to the base and without what it took away.
fn united(base: &[u64], ours: &[u64], theirs: &[u64]) -> Value {
    let kept = theirs.iter().filter(|item| ours.contains(item) || !base.contains(item));
    let added = ours.iter().filter(|item| !base.contains(item));
    let mut all: Value = kept.chain(added).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
