//! Events: what applications are told of their sessions' lives.

use std::fmt;

use crate::{error::StoreErrorKind, id::SessionId, state::Doom};

/// Something that happened to a session or to what a client presented.
///
/// Each is reported to [`Builder::on_event`](crate::Builder::on_event), as a `tracing` event of the target
/// `scs::session` whose message is its name, and, with the feature `metrics`, in the counter
/// `session_events_total`. Names and fields are stable. They hold ids, which are public, and never a token, a secret
/// or a value.
///
/// What clients can cause without a session, and a store that is down, is logged ten times a second at most, each by itself; a
/// line says how many were left out. The application and the counter are told of all.
///
/// | name | level | fields |
/// |---|---|---|
/// | `created` | debug | `id` |
/// | `renewed` | debug | `id` |
/// | `destroyed` | debug | `id`, `reason` |
/// | `expired` | debug | `id` |
/// | `unknown_token` | debug | |
/// | `malformed` | debug | |
/// | `duplicate_cookie` | warn | |
/// | `decrypt_failed` | info | |
/// | `clock_skew` | warn | `id` |
/// | `unreadable` | warn | `id`, `error` |
/// | `token_reuse` | warn | `id` |
/// | `write_after_delete` | info | `id` |
/// | `conflict` | debug | `id`, `attempt` |
/// | `outage` | warn | `operation`, `kind` |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A session was stored for the first time.
    Created {
        /// The session.
        id: SessionId,
    },
    /// The token was renewed.
    Renewed {
        /// The session.
        id: SessionId,
    },
    /// A session was deleted. One that expires is not; see [`Expired`](Self::Expired).
    Destroyed {
        /// The session.
        id: SessionId,
        /// Why it was deleted.
        reason: EndReason,
    },
    /// Somebody presented a session whose record was still there and had expired. Most expire unseen.
    Expired {
        /// The session.
        id: SessionId,
    },
    /// No session has the token. The id in it is left out: whoever made it up chose it.
    UnknownToken,
    /// What the client presented is not a token.
    Malformed,
    /// What the client presented was not sealed with any of the keys, or for another use.
    DecryptFailed,
    /// A session was last written more than a minute from now: a server's clock is wrong. A record in a store is opened
    /// all the same and lives no longer for it; a sealed one is nobody's.
    ClockSkew {
        /// The session.
        id: SessionId,
    },
    /// The store has a record that this version cannot read: a newer one wrote it, or it is damaged. It is kept, and
    /// the visitor is anonymous.
    Unreadable {
        /// The session.
        id: SessionId,
    },
    /// The client presented different tokens at once. If there are two, and exactly one opens a session, that is its session; otherwise it
    /// is anonymous. The cookie had another domain or path before, which [`formerly`](crate::CookieBuilder::formerly) removes, or another site
    /// of the same domain has set one.
    DuplicateCookie,
    /// A token that a periodic renewal had replaced came back after its grace: somebody has a copy (OAuth 2.0
    /// Security Best Current Practice, RFC 9700 §4.14.2, treats refresh tokens alike).
    TokenReuse {
        /// The session.
        id: SessionId,
    },
    /// Changes were dropped because their session had ended meanwhile, or a sign-in had renewed its token.
    WriteAfterDelete {
        /// The session that ended.
        id: SessionId,
    },
    /// Another request was faster; the changes are done again on what it stored.
    Conflict {
        /// The session.
        id: SessionId,
        /// How many conflicts this commit has met, from 1.
        attempt: u32,
    },
    /// A call of the store failed.
    Outage {
        /// The call.
        operation: StoreOperation,
        /// How it failed.
        kind: StoreErrorKind,
    },
}

/// Why a session was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// Its own request ended it: a logout.
    Destroyed,
    /// Another session took its fields over.
    Merged,
    /// A value in it no longer decodes and its field has `on_invalid = "destroy"`.
    Invalid,
    /// An administrator or another session ended it.
    Revoked,
    /// Another session took the last place under a limited value.
    Evicted,
    /// An old token of it came back, and the manager was told to end it then.
    TokenReuse,
}

/// A call of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum StoreOperation {
    Create,
    Load,
    Update,
    Touch,
    Delete,
    DeleteAt,
    DeleteUnder,
    Page,
    Find,
    Forget,
    Admit,
    Purge,
}

impl From<Doom> for EndReason {
    fn from(doom: Doom) -> Self {
        match doom {
            Doom::Destroyed => Self::Destroyed,
            Doom::Merged | Doom::Moved => Self::Merged,
            Doom::Invalid => Self::Invalid,
        }
    }
}

impl SessionEvent {
    /// The name under which it is logged and counted.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Renewed { .. } => "renewed",
            Self::Destroyed { .. } => "destroyed",
            Self::Expired { .. } => "expired",
            Self::UnknownToken => "unknown_token",
            Self::Malformed => "malformed",
            Self::DecryptFailed => "decrypt_failed",
            Self::ClockSkew { .. } => "clock_skew",
            Self::Unreadable { .. } => "unreadable",
            Self::DuplicateCookie => "duplicate_cookie",
            Self::TokenReuse { .. } => "token_reuse",
            Self::WriteAfterDelete { .. } => "write_after_delete",
            Self::Conflict { .. } => "conflict",
            Self::Outage { .. } => "outage",
        }
    }

    /// Whether a client can cause it by sending something, as often as it likes, and nothing is stored for it.
    pub(super) const fn is_cheap_to_cause(&self) -> bool {
        match self {
            Self::Expired { .. }
            | Self::UnknownToken
            | Self::Malformed
            | Self::DecryptFailed
            | Self::ClockSkew { .. }
            | Self::Unreadable { .. }
            | Self::DuplicateCookie
            | Self::TokenReuse { .. }
            | Self::Outage { .. } => true,
            Self::Created { .. }
            | Self::Renewed { .. }
            | Self::Destroyed { .. }
            | Self::WriteAfterDelete { .. }
            | Self::Conflict { .. } => false,
        }
    }
}

impl EndReason {
    /// The reason in one word, as it is logged.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Destroyed => "destroyed",
            Self::Merged => "merged",
            Self::Invalid => "invalid",
            Self::Revoked => "revoked",
            Self::Evicted => "evicted",
            Self::TokenReuse => "token_reuse",
        }
    }
}

impl StoreOperation {
    /// The name of the store's method.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Load => "load",
            Self::Update => "update",
            Self::Touch => "touch",
            Self::Delete => "delete",
            Self::DeleteAt => "delete_at",
            Self::DeleteUnder => "delete_under",
            Self::Page => "page",
            Self::Find => "find",
            Self::Forget => "forget",
            Self::Admit => "admit",
            Self::Purge => "purge",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for StoreOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
