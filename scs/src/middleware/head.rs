//! Heads: what a response tells its client, and caches, of the session. The tower middleware writes them, and so does
//! [`SessionLayer::commit`](super::SessionLayer::commit) without it.

use axum_core::body::Body;
use http::{HeaderMap, Response, StatusCode};

use super::{caching, layer::CommitOn, slot::Slot};
#[cfg(debug_assertions)]
use crate::state::TokenChange;
use crate::{
    error::SessionError,
    state::State,
    typed_session::{Committed, Handle},
};

/// What a commit came to.
pub(super) type Outcome = Result<Committed, SessionError>;

/// Drops the changes of a handler whose response says that it failed.
pub(super) fn judge<B>(slot: &Slot, state: &State, response: &Response<B>) {
    if !slot.settings.commit_on.includes(response.status(), response.headers()) {
        state.discard();
    } else if slot.is_head {
        // Nobody sees what it would have said (RFC 9110 §9.3.2).
        state.keep_all();
    }
}

impl CommitOn {
    fn includes(self, status: StatusCode, headers: &HeaderMap) -> bool {
        match self {
            Self::Always => true,
            Self::Success => !has_failed(status),
            Self::When(saves) => saves(status, headers),
        }
    }
}

/// Whether the handler failed, or was not given the time to come to its end.
fn has_failed(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT || status.as_u16() == CLIENT_CLOSED_REQUEST
}

/// What nginx says of a client that went away before its answer.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Writes into the response, if there is one, what became of the session after its last commit. The answer to an error takes
/// the place of the handler's, with a body that `body` makes.
pub(super) fn tell<B>(
    handle: &Handle,
    slot: &Slot,
    committed: &Outcome,
    mut response: Option<&mut Response<B>>,
    body: impl FnOnce(Body) -> B,
) {
    let told_last;
    let committed = match committed {
        Ok(committed) => committed,
        Err(error) => {
            // A request that lost against a logout gets the answer of its handler, and no cookie.
            if !matches!(error, SessionError::Gone) {
                let refusal = refuse(handle, slot, error);
                if let Some(response) = response.as_deref_mut() {
                    let refused = std::mem::replace(response, refusal.map(body));
                    InnerTokens::carry(refused, response);
                }
            }
            told_last = handle.told_last();
            &told_last
        }
    };
    let Some(response) = response else { return };
    if let Some(state) = handle.opened() {
        write_head(slot, state, committed, response);
    }
    if slot.did_without() {
        write_no_store(slot, response.headers_mut());
    }
}

/// The changes may not have been saved, so the handler's response must not leave. A logout that failed still makes the
/// client forget its token.
fn refuse(handle: &Handle, slot: &Slot, error: &SessionError) -> Response<Body> {
    if let Some(state) = handle.opened() {
        if state.was_destroyed() {
            state.withdraw_token();
        }
        state.discard();
    }
    slot.on_error().respond(error)
}

/// The headers with new tokens that inner layers of other schemas wrote: the tokens that they replace no longer work.
#[derive(Clone, Default)]
struct InnerTokens(HeaderMap);

impl InnerTokens {
    /// Keeps them in the response that takes the place of another.
    fn carry<B>(mut refused: Response<B>, response: &mut Response<B>) {
        let Some(Self(tokens)) = refused.extensions_mut().remove() else { return };
        for (name, value) in &tokens {
            response.headers_mut().append(name, value.clone());
        }
        caching::forbid(response.headers_mut());
        response.extensions_mut().insert(Self(tokens));
    }

    /// Writes a token's headers, and notes them for an outer layer.
    fn write<B>(response: &mut Response<B>, write: impl Fn(&mut HeaderMap)) {
        write(response.headers_mut());
        write(&mut response.extensions_mut().get_or_insert_default::<Self>().0);
    }
}

/// Forbids caching: this page of an anonymous visitor may go to a client that has a session.
fn write_no_store(slot: &Slot, headers: &mut HeaderMap) {
    caching::apply(headers, slot.settings.transport.request_header(), true, false);
}

fn write_head<B>(slot: &Slot, state: &State, committed: &Committed, response: &mut Response<B>) {
    let transport = &slot.settings.transport;
    if let Some(change) = &committed.change {
        let now = state.now();
        let deadline = state.base().map_or(now, |base| base.header.deadline);
        let write = |headers: &mut HeaderMap| transport.write(change, deadline, now, headers);
        match slot.is_inner {
            true => InnerTokens::write(response, write),
            false => write(response.headers_mut()),
        }
        #[cfg(debug_assertions)]
        if matches!(change, TokenChange::Set { .. }) {
            slot.token_was_sent(now);
        }
    }
    let headers = response.headers_mut();
    caching::apply(headers, transport.request_header(), committed.change.is_some(), committed.is_authenticated);
}
