//! Changes of one field: what happened to it since it was stored.

use bytes::Bytes;
use smallvec::SmallVec;

use super::operation::{Applied, Operation, Removal};
use crate::{codec::CodecError, error::SessionError, record::Cell, schema::FieldSchema, time::Timestamp};

/// The operations on one field, mostly one.
pub(super) type Operations = SmallVec<[Operation; 1]>;

/// What happened to one field.
#[derive(Default)]
pub(super) struct Change {
    /// What handlers see: what is stored with the operations applied.
    pub(super) current: Current,
    pub(super) operations: Operations,
    /// A flash value for this request only, which hides the stored one.
    pub(super) now: Option<Box<Bytes>>,
    /// The value that was popped last, for `keep`.
    pub(super) popped: Option<Box<Popped>>,
    /// The last value that was set could not be encoded.
    pub(super) failure: Option<Box<EncodeFailure>>,
}

/// What handlers see of a field.
#[derive(Default)]
pub(super) enum Current {
    #[default]
    AsStored,
    Changed(Option<Cell>),
}

/// A value that could not be encoded; the source is gone once it was reported.
pub(super) struct EncodeFailure(pub(super) Option<CodecError>);

pub(super) struct Popped {
    pub(super) value: Cell,
    pub(super) was_now: bool,
}

impl Change {
    /// Records an operation whose result is already known. Returns what it made obsolete, for the
    /// caller to drop without the lock: recorded closures own values of user types.
    #[must_use]
    pub(super) fn record(&mut self, operation: Operation, result: Option<Cell>) -> Operations {
        let obsolete = if operation.supersedes() { std::mem::take(&mut self.operations) } else { Operations::new() };
        self.operations.push(operation);
        self.current = Current::Changed(result);
        self.failure = None;
        obsolete
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

    /// Whether anything is left to know of it.
    pub(super) fn is_over(&self) -> bool {
        self.operations.is_empty() && self.now.is_none() && self.popped.is_none() && self.failure.is_none()
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
