//! What operators should look into. Nothing here names a token, secret or value.

use std::error::Error;

use crate::{
    error::{SessionError, StoreError},
    id::SessionId,
};

type Cause<'a> = &'a (dyn Error + 'static);

pub(super) fn unopened(id: SessionId, error: &SessionError) {
    // What a codec says may quote the value.
    if let SessionError::Migration { .. } | SessionError::Encode { .. } = error {
        tracing::warn!(target: "scs::session", %id, %error, "a record cannot be opened; the list goes on without it");
        return;
    }
    let error: Cause<'_> = error;
    tracing::warn!(target: "scs::session", %id, error, "a record cannot be opened; the list goes on without it");
}

pub(super) fn touch_failed(id: SessionId, error: &StoreError) {
    tracing::warn!(target: "scs::session", %id, %error, "touch failed; the session may expire early");
}

pub(super) fn rotation_failed(id: SessionId, error: Cause<'_>) {
    tracing::warn!(target: "scs::session", %id, error, "renewing the token failed; the client keeps the one it has");
}

#[cfg(feature = "sealed")]
pub(super) fn reseal_failed(id: SessionId, error: Cause<'_>) {
    tracing::warn!(target: "scs::session", %id, error, "sealing the session again failed; it may expire early");
}

pub(super) fn withdrawal_failed(id: SessionId, error: Cause<'_>) {
    tracing::warn!(target: "scs::session", %id, error, "a sign-in that failed keeps its place under a limit for a quarter of a second");
}

pub(super) fn purge_failed(error: Cause<'_>) {
    tracing::warn!(target: "scs::session", error, "purging expired sessions failed; it is tried again");
}
