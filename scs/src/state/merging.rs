//! Merging: what another session has goes to this one, by the rules of each field.

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    Base, Changes, State,
    change::Operations,
    operation::{Applied, Operation, TakeRule, Taken},
};
use crate::{
    error::SessionError,
    id::SessionId,
    record::{Cells, StoredField},
    revision::Revision,
    schema::FieldSchema,
    time::Timestamp,
    token::SecretHash,
};

/// A session whose fields another one takes over. It ends then.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) id: SessionId,
    pub(crate) base: Base,
    pub(crate) cells: Cells,
    pub(crate) hold: Hold,
    /// The revision at which it may have been given to this session already, by a write whose answer was lost.
    pub(crate) gave: Option<Revision>,
}

/// What entitles to a session's fields.
#[derive(Clone)]
pub(crate) enum Hold {
    /// A token that opens it.
    Token(SecretHash),
    /// Somebody signs in to the account that it belongs to: a field, and its value.
    Account(usize, Bytes),
}

impl Source {
    /// Whether the fields may be taken from the session as it is now.
    pub(crate) fn may_take(&self, theirs: &Base, cells: &Cells, now: Timestamp) -> bool {
        match &self.hold {
            Hold::Token(secret) => theirs.header.opens_with(secret, now),
            Hold::Account(slot, account) => {
                cells.get(*slot).is_some_and(|cell| cell.is_live(now) && cell.value == account)
            }
        }
    }

    /// The fields that the schema does not name.
    pub(super) fn unnamed(&self) -> impl Iterator<Item = StoredField> {
        self.cells.unnamed().filter(|field| !field.is_reserved())
    }

    /// The value that a field takes over, and what it does to ours.
    fn offer(&self, slot: usize, field: &FieldSchema, now: Timestamp) -> Option<Operation> {
        let rule = field.take_rule(&self.hold)?;
        let theirs = self.cells.cell(slot).filter(|cell| cell.is_live(now))?;
        Some(Operation::TakeOver(Taken { source: self.id, theirs, rule }))
    }
}

impl FieldSchema {
    /// What taking over a session does to the field; `None` if its value stays behind.
    fn take_rule(&self, hold: &Hold) -> Option<TakeRule> {
        match hold {
            Hold::Token(_) if self.once => Some(TakeRule::IfNone),
            Hold::Token(_) => Some(TakeRule::Overwrite),
            // What the other device has proved, and what belongs to it alone.
            Hold::Account(..) if self.renews || self.once || self.drops_on_login => None,
            Hold::Account(..) => Some(self.merge.map_or(TakeRule::Overwrite, TakeRule::Merge)),
        }
    }
}

impl State {
    /// Takes over what another session has. It is shown at once, and taken when this session is saved.
    pub(crate) fn take_over(&self, source: Source) {
        let now = self.now();
        let (signing_in, others): (Vec<_>, Vec<_>) =
            (0..self.schema.fields.len()).partition(|slot| self.field(*slot).renews);
        // Signing in drops fields of ours, and none that the other session brings along.
        for slot in signing_in.into_iter().chain(others) {
            if let Some(operation) = source.offer(slot, self.field(slot), now) {
                self.take(slot, operation);
            }
        }
        self.turns.write().value.intents.sources.push(source);
    }

    /// Whether this session is the other one, or takes it over already.
    pub(crate) fn has_merged(&self, id: SessionId) -> bool {
        let inner = &self.turns.read().value;
        inner.id == id || inner.intents.sources.iter().any(|source| source.id == id)
    }

    fn take(&self, slot: usize, mut operation: Operation) {
        let ours = self.turns.read().value.slots.live(slot, || self.now());
        match operation.apply(ours) {
            Applied::Cell(result) | Applied::InitLost(result) => self.record(slot, operation, result),
            Applied::Failed(_, error) => self.fail(slot, error),
        }
    }
}

impl Changes {
    /// Whether other sessions are taken over.
    pub(crate) fn merges(&self) -> bool {
        !self.intents.sources.is_empty()
    }

    /// Whether the session's own client signs in, by a value that it has proved here.
    pub(crate) fn signs_in(&self) -> bool {
        self.renewing().any(|(_, operations)| matches!(signing_in(operations), Some(SigningIn::Here)))
    }

    /// The sessions whose sign-ins this one takes over.
    pub(crate) fn moved_from(&self) -> impl Iterator<Item = &Source> {
        let moved = self.renewing().filter_map(|(slot, operations)| match signing_in(operations)? {
            SigningIn::Moved(taken) => Some(taken).filter(|taken| taken.changes(self.draft.stored.get(*slot))),
            SigningIn::Here => None,
        });
        self.sources().iter().filter(move |source| moved.clone().any(|taken| taken.source == source.id))
    }

    /// The operations on fields that sign somebody in.
    fn renewing(&self) -> impl Iterator<Item = &(usize, Operations)> + Clone {
        self.operations.iter().filter(|(slot, _)| self.schema.fields[*slot].renews)
    }

    /// The sessions whose fields are taken over.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.intents.sources
    }

    pub(crate) fn source_mut(&mut self, position: usize) -> Option<&mut Source> {
        self.intents.sources.get_mut(position)
    }

    /// Takes over what the other session has by now, in place of what it had. Runs user code.
    pub(crate) fn refresh_source(
        &mut self,
        position: usize,
        (base, cells): (Base, Cells),
        now: Timestamp,
    ) -> Result<(), SessionError> {
        let Some(source) = self.intents.sources.get_mut(position) else { return Ok(()) };
        (source.base, source.cells) = (base, cells);
        for (slot, field) in self.schema.fields.iter().enumerate() {
            let offer = source.offer(slot, field, now);
            replace(operations_of(&mut self.operations, slot, offer.is_some()), source.id, offer);
        }
        self.redo(now)
    }

    /// Leaves the other session's fields alone: it has ended, or another session has taken them. Runs user code.
    pub(crate) fn lose_source(&mut self, position: usize, now: Timestamp) -> Result<(), SessionError> {
        let source = self.intents.sources.remove(position);
        self.has_lost_a_source = true;
        for (_, operations) in &mut self.operations {
            operations.retain(|operation| !operation.is_from(source.id));
        }
        self.operations.retain(|(_, operations)| !operations.is_empty());
        self.redo(now)
    }
}

/// Where the value of a field that signs somebody in comes from.
enum SigningIn<'a> {
    /// From this session's own client, which proved it.
    Here,
    /// From another session.
    Moved(&'a Taken),
}

fn signing_in(operations: &[Operation]) -> Option<SigningIn<'_>> {
    let (last, before) = operations.split_last()?;
    match last {
        // Ours stays, if there is one.
        Operation::TakeOver(taken) if matches!(taken.rule, TakeRule::IfNone) => {
            signing_in(before).or(Some(SigningIn::Moved(taken)))
        }
        Operation::TakeOver(taken) => {
            let has_proved = |operation: &Operation| operation.sets(&taken.theirs.value);
            Some(if before.iter().any(has_proved) { SigningIn::Here } else { SigningIn::Moved(taken) })
        }
        Operation::Remove(_) | Operation::Pop(_) => None,
        Operation::Set(_) | Operation::Init(_) | Operation::Replay { .. } => Some(SigningIn::Here),
    }
}

/// The operations on a field; made if there are to be any.
fn operations_of(
    all: &mut SmallVec<[(usize, Operations); 1]>,
    slot: usize,
    is_wanted: bool,
) -> Option<&mut Operations> {
    match all.binary_search_by_key(&slot, |(slot, _)| *slot) {
        Ok(position) => Some(&mut all[position].1),
        Err(position) if is_wanted => {
            all.insert(position, (slot, Operations::new()));
            Some(&mut all[position].1)
        }
        Err(_) => None,
    }
}

/// Puts what a session offers in place of what it offered before; what is new comes before what was done here.
fn replace(operations: Option<&mut Operations>, source: SessionId, offer: Option<Operation>) {
    let Some(operations) = operations else { return };
    match (operations.iter().position(|operation| operation.is_from(source)), offer) {
        (Some(position), Some(offer)) => operations[position] = offer,
        (Some(position), None) => drop(operations.remove(position)),
        (None, Some(offer)) => operations.insert(0, offer),
        (None, None) => {}
    }
}
