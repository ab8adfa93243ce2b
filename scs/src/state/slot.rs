//! Slots: one field of the state, as stored, as it is now, and what happened in between.

use bytes::Bytes;

use super::operation::{Applied, Operation, Removal};
use crate::{codec::CodecError, error::SessionError, record::Cell, schema::FieldSchema, time::Timestamp};

/// One field of a session's state.
#[derive(Default)]
pub(super) struct Slot {
    /// What the store holds, as far as this state knows.
    pub(super) base: Option<Cell>,
    /// What handlers see: the base with the operations applied.
    pub(super) current: Option<Cell>,
    pub(super) operations: Vec<Operation>,
    /// A flash value for this request only, which hides the stored one.
    pub(super) now: Option<Bytes>,
    /// The value that was popped last, for `keep`.
    pub(super) popped: Option<Popped>,
    /// The last value that was set could not be encoded.
    pub(super) failure: Option<EncodeFailure>,
}

/// A value that could not be encoded; the source is gone once it was reported.
pub(super) struct EncodeFailure(pub(super) Option<CodecError>);

pub(super) struct Popped {
    pub(super) value: Cell,
    pub(super) was_now: bool,
}

impl Slot {
    pub(super) fn stored(cell: Option<Cell>) -> Self {
        Self { base: cell.clone(), current: cell, ..Self::default() }
    }

    /// The value that handlers see; an expired one is absent.
    pub(super) fn live(&self, now: impl Fn() -> Timestamp) -> Option<&Cell> {
        self.current.as_ref().filter(|cell| cell.expires.is_none() || cell.is_live(now()))
    }

    /// Records an operation whose result is already known. Returns what it made obsolete, for the
    /// caller to drop without the lock: recorded closures own values of user types.
    #[must_use]
    pub(super) fn record(&mut self, operation: Operation, result: Option<Cell>) -> Vec<Operation> {
        let obsolete = if operation.supersedes() { std::mem::take(&mut self.operations) } else { Vec::new() };
        self.operations.push(operation);
        self.current = result;
        self.failure = None;
        obsolete
    }

    /// Undoes what is not committed.
    #[must_use]
    pub(super) fn discard(&mut self) -> Vec<Operation> {
        let base = self.base.take();
        std::mem::replace(self, Self::stored(base)).operations
    }

    /// Whether the field was set or removed, be it to an equal value. Clearing the whole session does
    /// not count.
    pub(super) fn is_touched(&self) -> bool {
        self.operations.iter().any(|operation| !matches!(operation, Operation::Remove(Removal::Clear)))
    }

    /// Whether the field was removed with others, whatever it had: what another request stores meanwhile goes too.
    pub(super) fn is_dropped(&self) -> bool {
        let drops = |operation: &Operation| matches!(operation, Operation::Remove(by) if *by != Removal::Field);
        self.operations.iter().any(drops)
    }

    /// Whether saving would change what is stored.
    pub(super) fn is_changed(&self) -> bool {
        !self.operations.is_empty() && self.base != self.current
    }
}

/// What operations made of newer data.
pub(super) struct Replayed {
    pub(super) cell: Option<Cell>,
    /// Why one of them could not be done again.
    pub(super) failure: Option<CodecError>,
}

/// Applies operations in their order to a value of newer data; one that has expired is none. Runs
/// user code.
pub(super) fn replay(
    operations: &mut [Operation],
    stored: Option<Cell>,
    now: Timestamp,
    field: &'static str,
) -> Replayed {
    let start = Replayed { cell: stored.filter(|cell| cell.is_live(now)), failure: None };
    operations.iter_mut().fold(start, |so_far, operation| match operation.apply(so_far.cell) {
        Applied::Cell(cell) => Replayed { cell, ..so_far },
        Applied::InitLost(cell) => {
            tracing::info!(target: "scs::session", field, "another request initialised the field first; its value stays");
            Replayed { cell, ..so_far }
        }
        Applied::Failed(cell, error) => Replayed { cell, failure: Some(error) },
    })
}

impl EncodeFailure {
    pub(super) fn report(&mut self, field: &FieldSchema) -> SessionError {
        let source = match self.0.take() {
            None => "reported before".into(),
            // What a codec says may quote the value.
            Some(_) if field.secret => "the field is secret, and so is what the codec said".into(),
            Some(error) => error.into_source(),
        };
        SessionError::Encode { field: field.name, source }
    }
}
