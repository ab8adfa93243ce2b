//! Everything that can go wrong, in words that say what to do.

use std::{borrow::Cow, error::Error, time::Duration};

type Source = Box<dyn Error + Send + Sync>;

/// What kind of failure a store met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The backend could not be reached or refused to work.
    Unavailable,
    /// The backend did not answer in time.
    Timeout,
    /// The store has no room for another session.
    Full,
    /// The record is larger than this store takes.
    TooLarge,
    /// The store is set up wrongly: a missing table, a wrong password, a setting it cannot work with.
    Configuration,
    /// Anything else.
    Other,
}

/// A failure of a store.
///
/// An error from a write does not say that nothing was written: the answer may have been lost on
/// its way back. The framework therefore never repeats a change after such an error.
#[derive(Debug, thiserror::Error)]
#[error("session store: {message}")]
pub struct StoreError {
    kind: StoreErrorKind,
    message: Cow<'static, str>,
    source: Option<Source>,
}

impl StoreError {
    /// An error with a message for the operator of the application.
    pub fn new(kind: StoreErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn timeout(limit: Duration) -> Self {
        Self::new(StoreErrorKind::Timeout, format!("no answer within {limit:?}"))
    }

    /// What kind of failure this is.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

/// Why a session could not be loaded or its changes could not be saved.
///
/// Nothing is half done after an error: the record is as before, or, when the store's answer to a
/// write was lost, as after.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store failed; it says itself what to do.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The value of a field could not be encoded.
    #[error(
        "the value set for session field `{field}` cannot be encoded, or cannot be read back; change the field's type or set another value"
    )]
    Encode {
        /// The field's stored name.
        field: &'static str,
        /// What the codec said.
        source: Source,
    },
    /// A stored value no longer decodes, and its field has `on_invalid = "error"`.
    #[error(
        "the stored value of session field `{field}` does not decode as `{expected}`; raise the schema's `version` and write a migration"
    )]
    Invalid {
        /// The field's stored name.
        field: &'static str,
        /// The field's type as it was declared.
        expected: &'static str,
    },
    /// A migration refused the record, which is left as it is.
    #[error("the session's record cannot be migrated from version {from}")]
    Migration {
        /// The version that the failing step starts from.
        from: u32,
        /// What the migration said.
        source: Source,
    },
    /// The record would be larger than allowed.
    #[error(
        "the session would take {size} bytes, more than the {limit} allowed; store less or raise `max_record_size`"
    )]
    TooLarge {
        /// Bytes of the record that was refused.
        size: usize,
        /// The most bytes a record may have.
        limit: usize,
    },
    /// The record would have more fields than can be read, those of other versions of the schema included.
    #[error(
        "the session would have {count} fields, more than the {limit} of a record; remove the fields that no version of the schema names any more with `clear`"
    )]
    TooManyFields {
        /// The fields of the record that was refused.
        count: usize,
        /// The most fields a record may have.
        limit: usize,
    },
    /// The sealed session would not fit into its cookie.
    #[cfg(feature = "sealed")]
    #[error(
        "the sealed session would take {size} bytes, more than the {limit} that browsers take in this cookie; keep less in it or keep the session in a store"
    )]
    SealedTooLarge {
        /// Bytes of the cookie's value that was refused.
        size: usize,
        /// The most bytes the value may have: 4,096 without the cookie's name.
        limit: usize,
    },
    /// As many sessions as are allowed have this value of an indexed field.
    #[error("session field `{field}` has this value in {max} sessions, which is the limit; end one of them first")]
    LimitReached {
        /// The field's stored name.
        field: &'static str,
        /// The most sessions that may have one value.
        max: usize,
    },
    /// A sign-in was asked for by a field that does not say who is signed in.
    #[error(
        "session field `{field}` does not say who is signed in; call `login_with` with a field that has both `index` and `renews`"
    )]
    NotAnAccount {
        /// The field's stored name.
        field: &'static str,
    },
    /// A sign-in was to set a `once` field that has another value.
    #[error(transparent)]
    AlreadySet(#[from] AlreadySet),
    /// Other requests changed the session again and again while this one tried to save.
    #[error("the session was changed by others {attempts} times while saving; try the request again")]
    Contended {
        /// How often saving was tried.
        attempts: u32,
    },
    /// The session ended, or its token was renewed, before a sign-in could be saved.
    #[error("the session ended before the sign-in could be saved; let the user sign in again")]
    SignInLost,
    /// The token would change after the response head has left, when no client can learn the new one.
    #[error(
        "the session's token would change after the response head was sent; change it before returning the response"
    )]
    HeadSent,
    /// An earlier save of this session failed without telling whether it was applied. It stays so until
    /// [`reload`](crate::TypedSession::reload) or [`destroy`](crate::TypedSession::destroy).
    #[error(
        "an earlier save of this session failed midway and is not repeated; call `reload` to go on from what is stored"
    )]
    Uncertain,
    /// The session has ended, or its token was renewed by a sign-in: nothing is written into it under this token.
    #[error("the session has ended, or a sign-in has renewed its token")]
    Gone,
    /// The operating system gave no random bytes for a token.
    #[error("the operating system gave no random bytes for a session token")]
    Random(#[source] Source),
}

impl SessionError {
    /// Whether trying again later can help: the store was down, busy or full, and not set up wrongly.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => !matches!(error.kind, StoreErrorKind::TooLarge | StoreErrorKind::Configuration),
            _ => matches!(self, Self::Contended { .. } | Self::Uncertain | Self::Random(_)),
        }
    }
}

/// A setting, or two settings together, that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("session configuration: {message}")]
pub struct ConfigError {
    message: Cow<'static, str>,
}

impl ConfigError {
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into() }
    }
}

/// A `once` field already had its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("session field `{field}` is set once and already has its value")]
pub struct AlreadySet {
    field: &'static str,
}

impl AlreadySet {
    pub(crate) const fn new(field: &'static str) -> Self {
        Self { field }
    }

    /// The field's stored name.
    pub const fn field(&self) -> &'static str {
        self.field
    }
}
