//! Lifecycle events. They name ids, which are public, and never a token, secret or value.

use crate::{error::StoreError, id::SessionId, state::Doom};

/// Why a session ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Destroyed,
    Merged,
    Invalid,
    Revoked,
    /// Somebody had a copy of an old token.
    Reused,
    /// Another session took the last place under a limited value.
    Evicted,
}

impl From<Doom> for End {
    fn from(doom: Doom) -> Self {
        match doom {
            Doom::Destroyed => Self::Destroyed,
            Doom::Merged => Self::Merged,
            Doom::Invalid => Self::Invalid,
        }
    }
}

pub(super) fn created(id: SessionId) {
    tracing::debug!(target: "scs::session", %id, "created");
}

pub(super) fn renewed(id: SessionId) {
    tracing::debug!(target: "scs::session", %id, "renewed");
}

pub(super) fn ended(id: SessionId, reason: End) {
    tracing::debug!(target: "scs::session", %id, ?reason, "destroyed");
}

pub(super) fn expired(id: SessionId) {
    tracing::debug!(target: "scs::session", %id, "expired");
}

/// The id is left out: whoever made the token up chose it.
pub(super) fn unknown_token() {
    tracing::debug!(target: "scs::session", "unknown_token");
}

/// A token that a rotation has replaced came back after its grace.
pub(super) fn token_reuse(id: SessionId) {
    tracing::warn!(target: "scs::session", %id, "token_reuse: somebody has a copy of an old token");
}

pub(super) fn rotation_failed(id: SessionId, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(target: "scs::session", %id, error, "renewing the token failed; the client keeps the one it has");
}

pub(super) fn malformed() {
    tracing::debug!(target: "scs::session", "malformed");
}

pub(super) fn ambiguous() {
    tracing::warn!(target: "scs::session", "duplicate_cookie: two different tokens in one request; the visitor is anonymous");
}

pub(super) fn unreadable(id: SessionId, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(target: "scs::session", %id, error, "a record cannot be read; it is kept and the visitor is anonymous");
}

pub(super) fn unopened(id: SessionId, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(target: "scs::session", %id, error, "a record cannot be opened; the list goes on without it");
}

pub(super) fn conflict(id: SessionId, attempt: u32) {
    tracing::debug!(target: "scs::session", %id, attempt, "conflict");
}

pub(super) fn write_after_delete(id: SessionId) {
    tracing::info!(target: "scs::session", %id, "write_after_delete: the session ended meanwhile; the changes are dropped");
}

pub(super) fn touch_failed(id: SessionId, error: &StoreError) {
    tracing::warn!(target: "scs::session", %id, %error, "touch failed; the session may expire early");
}

pub(super) fn purge_failed(error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(target: "scs::session", error, "purging expired sessions failed; it is tried again");
}
