//! State: one session in memory, as encoded fields and the operations done to them.
//!
//! Nothing here is generic over the user's types, does I/O, or waits for anything but a short lock.

mod change;
mod changes;
mod client;
mod commit;
mod copied;
mod field;
mod flash;
mod held;
mod inspect;
mod intents;
mod local;
mod merging;
mod operation;
mod outcome;
mod plain;
mod slots;
mod status;
mod turn;

use std::sync::MutexGuard;

use bytes::Bytes;

use self::{
    change::{EncodeFailure, Operations},
    copied::Copied,
    intents::{Intents, UnknownChange},
    local::Local,
    operation::{Operation, Removal},
    slots::Slots,
    turn::{Shared, TurnGuard, Turns},
};
pub(crate) use self::{
    changes::Changes,
    client::{Client, Phase, TokenChange, Told, new_secret},
    field::Declared,
    held::Held,
    intents::{Doom, Doomed, Privilege},
    merging::{Hold, Source},
    plain::{Plain, Saved},
};
pub use self::{field::Field, inspect::Inspection, local::LocalField, outcome::Outcome, status::Status};
use crate::{
    codec::CodecError,
    id::SessionId,
    record::{Cell, Cells, Header},
    revision::Revision,
    schema::{FieldSchema, Schema},
    time::{Clock as _, SharedClock, Timestamp},
};

/// One session in memory, shared by every clone of its typed handle.
pub struct State {
    schema: &'static Schema,
    clock: SharedClock,
    turns: Turns<Inner>,
}

/// Leaves room in the handle's block, which allocators hand out fastest up to a size (glibc caches blocks of 1,032 bytes).
const _: () = assert!(size_of::<State>() <= 900, "a session must fit into the block of its handle");

struct Inner {
    id: SessionId,
    began: Timestamp,
    /// What the store holds; `None` while the session is not stored.
    base: Option<Base>,
    slots: Slots,
    /// The `skip` fields that have a value.
    locals: Vec<Option<Local>>,
    unknown_change: UnknownChange,
    intents: Intents,
    /// Counts how often the session was destroyed or read anew, so that a commit that began before
    /// does not settle into what came after.
    generation: u64,
    /// The most that was committed during this request.
    committed: Status,
    client: Client,
    /// Whether a commit that had to wait is under way.
    is_committing: bool,
    /// Stored sessions that are still to be deleted, whatever becomes of this one.
    doomed: Vec<Doomed>,
}

/// What the store holds of a session beside its fields.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) header: Header,
    pub(crate) revision: Revision,
    /// When the store forgets the record if nothing happens.
    pub(crate) expires: Timestamp,
}

impl Base {
    /// When a request last used the session, as far as touches tell.
    pub(crate) fn last_seen(&self) -> Timestamp {
        self.header.written.max(self.expires - self.header.idle)
    }
}

/// What a closure is given of a field.
struct Seen {
    value: Option<Copied>,
    is_stored: bool,
    generation: u64,
}

impl Seen {
    fn is_same(&self, other: &Self) -> bool {
        self.generation == other.generation && self.value.as_deref() == other.value.as_deref()
    }
}

/// Operations on a field, and on others with it, that no longer matter.
type Obsolete = (Operations, Vec<Operations>);

impl State {
    /// A session that no store knows yet.
    pub(crate) fn new(schema: &'static Schema, clock: SharedClock, client: Client) -> Self {
        let began = clock.now();
        let inner = Inner::new(SessionId::generate(began), began, None, Cells::default(), client);
        Self { schema, clock, turns: Turns::new(inner) }
    }

    /// A session as a store holds it.
    #[inline]
    pub(crate) fn stored(
        schema: &'static Schema,
        clock: SharedClock,
        id: SessionId,
        base: Base,
        cells: Cells,
        client: Client,
    ) -> Self {
        let inner = Inner::new(id, base.header.created, Some(base), cells, client);
        Self { schema, clock, turns: Turns::new(inner) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn id(&self) -> SessionId {
        self.turns.read().value.id
    }

    /// When the session began; for a stored one, when it was created.
    pub(crate) fn began(&self) -> Timestamp {
        self.turns.read().value.began
    }

    /// Counts how often the session was destroyed or read anew: what began before belongs to another one.
    pub(crate) fn generation(&self) -> u64 {
        self.turns.read().value.generation
    }

    pub(crate) fn base(&self) -> Option<Base> {
        self.turns.read().value.base.clone()
    }

    pub(crate) fn is_new(&self) -> bool {
        self.turns.read().value.base.is_none()
    }

    /// Remembers that the store moved the record's expiry.
    pub(crate) fn touched(&self, expires: Timestamp) {
        if let Some(base) = &mut self.turns.write().value.base {
            base.expires = expires;
        }
    }

    fn field(&self, slot: usize) -> &'static FieldSchema {
        &self.schema.fields[slot]
    }

    /// When a value set now in this field expires on its own.
    fn expiry(&self, slot: usize) -> Option<Timestamp> {
        self.field(slot).ttl.map(|ttl| self.now() + ttl)
    }

    fn value(&self, slot: usize) -> Option<Bytes> {
        self.turns.read().value.slots.live(slot, || self.now()).map(|cell| cell.value)
    }

    /// Reads a value to be decoded without the lock; `None` if there is none.
    fn copied(&self, slot: usize) -> Option<Copied> {
        self.turns.read().value.slots.copied(slot, || self.now())
    }

    /// Takes a turn for a closure that changes a field, with what the closure is given.
    fn take_turn(&self, slot: usize) -> (TurnGuard<'_, Inner>, Seen) {
        let (turn, shared) = self.turns.take();
        let seen = self.seen(&shared.value, slot);
        (turn, seen)
    }

    fn seen(&self, inner: &Inner, slot: usize) -> Seen {
        let value = inner.slots.copied(slot, || self.now());
        Seen { value, is_stored: inner.slots.stored(slot).is_some(), generation: inner.generation }
    }

    /// Locks for recording what a closure made of what it saw; fails with what there is instead if another thread has
    /// changed it since.
    fn lock_in_turn<'a>(
        &'a self,
        turn: &mut TurnGuard<'a, Inner>,
        slot: usize,
        seen: &Seen,
    ) -> Result<MutexGuard<'a, Shared<Inner>>, Seen> {
        let (shared, was_overtaken) = turn.lock();
        if was_overtaken {
            let newer = self.seen(&shared.value, slot);
            if !newer.is_same(seen) {
                return Err(newer);
            }
        }
        Ok(shared)
    }

    /// Records what the closure did, and gives the turn back.
    fn record_in_turn<'a>(
        &self,
        turn: TurnGuard<'a, Inner>,
        mut shared: MutexGuard<'a, Shared<Inner>>,
        slot: usize,
        operation: Operation,
        result: Option<Cell>,
    ) {
        let obsolete = shared.value.record(self.schema, slot, operation, result);
        turn.finish(shared);
        drop(obsolete);
    }

    fn record(&self, slot: usize, operation: Operation, result: Option<Cell>) {
        let mut shared = self.turns.write();
        let obsolete = shared.value.record(self.schema, slot, operation, result);
        drop(shared);
        drop(obsolete);
    }

    fn set(&self, slot: usize, value: Bytes) {
        let cell = Cell { value, expires: self.expiry(slot) };
        self.record(slot, Operation::Set(cell.clone()), Some(cell));
    }

    fn remove(&self, slot: usize) {
        let mut shared = self.turns.write();
        let slots = &mut shared.value.slots;
        if slots.change(slot).is_some() {
            let change = slots.change_mut(slot);
            change.now = None;
            change.failure = None;
        }
        // A pop may be undone, and this must not be with it.
        let is_popped =
            slots.change(slot).is_some_and(|change| matches!(change.operations.last(), Some(Operation::Pop(_))));
        if slots.current(slot).is_none() && !is_popped {
            return;
        }
        let obsolete = slots.record(slot, Operation::Remove(Removal::Field), None);
        drop(shared);
        drop(obsolete);
    }

    /// Sets the field if it has no value; `false` if it has one.
    fn init(&self, slot: usize, value: Bytes) -> bool {
        let cell = Cell { value, expires: self.expiry(slot) };
        let mut shared = self.turns.write();
        if shared.value.slots.live(slot, || self.now()).is_some() {
            return false;
        }
        let obsolete = shared.value.record(self.schema, slot, Operation::Init(cell.clone()), Some(cell));
        drop(shared);
        drop(obsolete);
        true
    }

    fn fail(&self, slot: usize, source: CodecError) {
        self.turns.write().value.slots.change_mut(slot).failure = Some(Box::new(EncodeFailure(Some(source))));
    }

    /// A new session in place of a stored one that is to be deleted.
    pub(crate) fn in_place_of(self, invalid: SessionId, listed_until: Option<Timestamp>) -> Self {
        let doomed = Doomed::new(invalid, Doom::Invalid).listed_until(listed_until);
        self.turns.write().value.doom(doomed);
        self
    }

    /// One event for a value that no longer decodes, however often it is read.
    fn report_invalid(&self, slot: usize) {
        let field = self.field(slot).name;
        tracing::warn!(target: "scs::session", field, "a stored value no longer decodes; the field's default is used");
    }
}

impl Inner {
    #[inline]
    fn new(id: SessionId, began: Timestamp, base: Option<Base>, cells: Cells, client: Client) -> Self {
        Self {
            id,
            began,
            base,
            slots: Slots::stored_as(cells),
            locals: Vec::new(),
            unknown_change: UnknownChange::default(),
            intents: Intents::default(),
            generation: 0,
            committed: Status::Unmodified,
            client,
            is_committing: false,
            doomed: Vec::new(),
        }
    }

    /// Records an operation, and what it does to other fields: signing in drops some.
    #[must_use]
    fn record(&mut self, schema: &Schema, slot: usize, operation: Operation, result: Option<Cell>) -> Obsolete {
        let signs_in = schema.fields[slot].renews && self.signs_in(slot, result.as_ref());
        let obsolete = self.slots.record(slot, operation, result);
        let dropped = if signs_in { self.remove_each(schema.dropped_on_login(), Removal::SignIn) } else { Vec::new() };
        (obsolete, dropped)
    }
}

impl std::fmt::Debug for State {
    /// Prints the id and no value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("schema", &self.schema.name).field("id", &self.id()).finish_non_exhaustive()
    }
}
