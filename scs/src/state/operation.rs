//! Operations: what a handler did to one field, in a form that can be done again on newer data.

use bytes::Bytes;

use crate::{
    codec::CodecError,
    id::SessionId,
    record::{Cell, CellRef},
    schema::MergeValues,
    time::Timestamp,
};

/// Computes a field's new value from the one that is there now.
pub(super) type Replay = Box<dyn FnMut(Option<&Bytes>) -> Result<Option<Bytes>, CodecError> + Send>;

/// One recorded change of one field.
pub(crate) enum Operation {
    Set(Cell),
    Remove(Removal),
    /// Consumes the value that was popped, and no other.
    Pop(Bytes),
    /// Sets the value if there is none.
    Init(Cell),
    Replay {
        replay: Replay,
        expires: Option<Timestamp>,
    },
    TakeOver(Taken),
}

/// A value that another session has.
pub(crate) struct Taken {
    pub(super) source: SessionId,
    pub(super) theirs: Cell,
    pub(super) rule: TakeRule,
}

/// What becomes of our value.
#[derive(Clone, Copy)]
pub(super) enum TakeRule {
    /// Theirs wins.
    Overwrite,
    /// Ours stays, if there is one.
    IfNone,
    Merge(MergeValues),
}

/// Who removed a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Field,
    /// Signing in as somebody else.
    SignIn,
    /// Clearing the whole session, which keeps its token whatever was removed.
    Clear,
    /// Signing out, which a failed response does not undo.
    SignOut,
}

/// What an operation did to newer data.
pub(super) enum Applied {
    Cell(Option<Cell>),
    /// Another request initialised the field first.
    InitLost(Option<Cell>),
    /// The value could not be computed; the newer data stays as it is.
    Failed(Option<Cell>, CodecError),
}

impl Operation {
    /// Does the operation again on what is there now. Runs user code: never call it under a lock.
    pub(super) fn apply(&mut self, current: Option<Cell>) -> Applied {
        match self {
            Self::Init(_) if current.is_some() => Applied::InitLost(current),
            Self::Set(cell) | Self::Init(cell) => Applied::Cell(Some(cell.clone())),
            Self::Remove(_) => Applied::Cell(None),
            Self::Pop(popped) => Applied::Cell(current.filter(|cell| cell.value != *popped)),
            Self::Replay { replay, expires } => match replay(current.as_ref().map(|cell| &cell.value)) {
                Ok(value) => Applied::Cell(value.map(|value| Cell { value, expires: *expires })),
                Err(error) => Applied::Failed(current, error),
            },
            Self::TakeOver(taken) => taken.apply(current),
        }
    }

    /// Whether it takes a value over from this session.
    pub(super) fn is_from(&self, id: SessionId) -> bool {
        matches!(self, Self::TakeOver(taken) if taken.source == id)
    }

    /// Whether it sets the field to this value.
    pub(super) fn sets(&self, value: &Bytes) -> bool {
        matches!(self, Self::Set(cell) | Self::Init(cell) if cell.value == *value)
    }

    /// Whether what was recorded before on the field no longer matters.
    pub(super) const fn supersedes(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Remove(_))
    }
}

impl Taken {
    /// Whether it makes another value of the stored one.
    pub(super) fn changes(&self, stored: Option<CellRef<'_>>) -> bool {
        match (self.rule, stored) {
            (_, None) => true,
            (TakeRule::IfNone, Some(_)) => false,
            (TakeRule::Overwrite | TakeRule::Merge(_), Some(ours)) => *ours.value != *self.theirs.value,
        }
    }

    fn apply(&self, ours: Option<Cell>) -> Applied {
        let Self { theirs, rule, .. } = self;
        match (rule, ours) {
            (TakeRule::IfNone, Some(ours)) => Applied::Cell(Some(ours)),
            (TakeRule::Merge(merge), ours) => match merge(ours.as_ref().map(|ours| &ours.value), &theirs.value) {
                Ok(value) => Applied::Cell(value.map(|value| Cell { value, expires: theirs.expires })),
                Err(error) => Applied::Failed(ours, error),
            },
            (TakeRule::Overwrite | TakeRule::IfNone, _) => Applied::Cell(Some(theirs.clone())),
        }
    }
}
