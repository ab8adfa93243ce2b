//! The future of a request: the handler, then the commit, then the head.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum_core::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use pin_project_lite::pin_project;

use super::{caching, layer::CommitOn, slot::Slot};
#[cfg(debug_assertions)]
use crate::state::TokenChange;
use crate::{
    error::SessionError,
    manager::Boxed,
    state::State,
    typed_session::{Committed, Handle},
};

pin_project! {
    /// The response of a [`SessionService`](super::SessionService).
    ///
    /// The handler's future is part of it and is never boxed; a commit is, where it has to wait.
    pub struct ResponseFuture<F, E> {
        #[pin]
        step: Step<F, E>,
        // Until the response is there.
        handle: Option<Handle>,
    }

    /// The client went away before its response: the changes go too.
    impl<F, E> PinnedDrop for ResponseFuture<F, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(handle) = this.handle.take() else { return };
            this.step.set(Step::Done);
            handle.cut_off();
        }
    }
}

pin_project! {
    #[project = StepProjection]
    enum Step<F, E> {
        Running { #[pin] handler: F },
        Committing { commit: Boxed<'static, Committed>, ended: Option<Ended<E>> },
        Refused { response: Option<Response> },
        Done,
    }
}

/// How a handler ended: with its output, or with a panic.
type Ended<E> = std::thread::Result<Result<Response, E>>;

impl<F, E> ResponseFuture<F, E> {
    pub(super) const fn running(handler: F, handle: Handle) -> Self {
        Self { step: Step::Running { handler }, handle: Some(handle) }
    }

    pub(super) const fn refused(response: Response) -> Self {
        Self { step: Step::Refused { response: Some(response) }, handle: None }
    }
}

impl<F, R, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<R, E>>,
    R: IntoResponse,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let output = match (this.step.as_mut().project(), &*this.handle) {
                (StepProjection::Running { handler }, Some(handle)) => {
                    let mut ended = ready!(poll_handler(handler, context));
                    match begin_commit(handle, &ended) {
                        Ok(committed) => finish(handle, committed, &mut ended),
                        Err(commit) => {
                            this.step.set(Step::Committing { commit, ended: Some(ended) });
                            continue;
                        }
                    }
                    ended
                }
                (StepProjection::Committing { commit, ended }, Some(handle)) => {
                    let committed = ready!(commit.as_mut().poll(context));
                    let Some(mut ended) = ended.take() else { return Poll::Pending };
                    finish(handle, committed, &mut ended);
                    ended
                }
                (StepProjection::Refused { response }, _) => match response.take() {
                    Some(response) => Ok(Ok(response)),
                    None => return Poll::Pending,
                },
                _ => return Poll::Pending,
            };
            this.step.set(Step::Done);
            *this.handle = None;
            return Poll::Ready(output.unwrap_or_else(|panic| resume_unwind(panic)));
        }
    }
}

/// A panic is caught only to commit what must not be undone by it, and goes on afterwards.
fn poll_handler<F, R, E>(handler: Pin<&mut F>, context: &mut Context<'_>) -> Poll<Ended<E>>
where
    F: Future<Output = Result<R, E>>,
    R: IntoResponse,
{
    match catch_unwind(AssertUnwindSafe(|| handler.poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output.map(IntoResponse::into_response))),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}

/// What a commit came to.
type Outcome = Result<Committed, SessionError>;

/// Drops the changes of a handler that failed, and commits: at once, or with a future where that has to wait.
fn begin_commit<E>(handle: &Handle, ended: &Ended<E>) -> Result<Outcome, Boxed<'static, Committed>> {
    let (Some(state), Some(slot)) = (handle.close(), handle.context::<Slot>()) else {
        return Ok(Ok(Committed::default()));
    };
    match ended {
        // A sealed session ends with its id, whether or not its client learns of it.
        Err(_) | Ok(Err(_)) if !handle.engine().is_sealed() => state.discard_unanswered(),
        ended if !slot.settings.commit_on.includes(ended) => state.discard(),
        _ => {}
    }
    handle.commit_now(true).ok_or_else(|| handle.commit_later(true))
}

impl CommitOn {
    fn includes<E>(self, ended: &Ended<E>) -> bool {
        let Ok(Ok(response)) = ended else { return false };
        match self {
            Self::Always => true,
            Self::Success => !has_failed(response.status()),
            Self::When(saves) => saves(response.status(), response.headers()),
        }
    }
}

/// Whether the handler failed, or was not given the time to come to its end.
fn has_failed(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT || status.as_u16() == CLIENT_CLOSED_REQUEST
}

/// What nginx says of a client that went away before its answer.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Writes into the response what became of the session.
fn finish<E>(handle: &Handle, committed: Outcome, ended: &mut Ended<E>) {
    let Some(slot) = handle.context::<Slot>() else { return };
    let (committed, refusal) = match committed {
        Ok(committed) => (committed, None),
        // A request that lost against a logout gets the answer of its handler, and no cookie.
        Err(SessionError::Gone) => (handle.told_last(), None),
        Err(error) => {
            let refusal = refuse(handle, slot, &error);
            (handle.told_last(), Some(refusal))
        }
    };
    let Ok(Ok(response)) = ended else { return };
    if let Some(refusal) = refusal {
        let refused = std::mem::replace(response, refusal);
        InnerTokens::carry(refused, response);
    }
    if let Some(state) = handle.opened() {
        write_head(slot, state, &committed, response);
    }
    if slot.did_without() {
        write_no_store(slot, response.headers_mut());
    }
}

/// The headers with new tokens that inner layers of other schemas wrote: the tokens that they replace no longer work.
#[derive(Clone, Default)]
struct InnerTokens(HeaderMap);

impl InnerTokens {
    /// Keeps them in the response that takes the place of another.
    fn carry(mut refused: Response, response: &mut Response) {
        let Some(Self(tokens)) = refused.extensions_mut().remove() else { return };
        for (name, value) in &tokens {
            response.headers_mut().append(name, value.clone());
        }
        caching::forbid(response.headers_mut());
        response.extensions_mut().insert(Self(tokens));
    }

    /// Writes a token's headers, and notes them for an outer layer.
    fn write(response: &mut Response, write: impl FnOnce(&mut HeaderMap)) {
        let mut tokens = HeaderMap::new();
        write(&mut tokens);
        for (name, value) in &tokens {
            response.headers_mut().append(name, value.clone());
        }
        response.extensions_mut().get_or_insert_default::<Self>().0.extend(tokens);
    }
}

/// Forbids caching: this page of an anonymous visitor may go to a client that has a session.
fn write_no_store(slot: &Slot, headers: &mut HeaderMap) {
    caching::apply(headers, slot.settings.transport.request_header(), true, false);
}

/// The changes may not have been saved, so the handler's response must not leave. A logout that failed still makes the
/// client forget its token.
fn refuse(handle: &Handle, slot: &Slot, error: &SessionError) -> Response {
    if let Some(state) = handle.opened() {
        if state.was_destroyed() {
            state.withdraw_token();
        }
        state.discard();
    }
    slot.on_error().respond(error)
}

fn write_head(slot: &Slot, state: &State, committed: &Committed, response: &mut Response) {
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
