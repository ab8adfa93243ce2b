//! The future of a request: the handler, then the commit, then the head.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum_core::response::{IntoResponse, Response};
use http::HeaderMap;
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

    /// The client went away before its response: the changes go too, and with them what their closures
    /// hold.
    impl<F, E> PinnedDrop for ResponseFuture<F, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(handle) = this.handle.take() else { return };
            this.step.set(Step::Done);
            if let Some(state) = handle.opened() {
                state.discard();
            }
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

/// How a handler ended.
enum Ended<E> {
    Response(Response),
    Error(E),
    Panic(Box<dyn Any + Send>),
}

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
                    let ended = ready!(poll_handler(handler, context));
                    match begin_commit(handle, &ended) {
                        Ok(committed) => finish(handle, ended, committed),
                        Err(commit) => {
                            this.step.set(Step::Committing { commit, ended: Some(ended) });
                            continue;
                        }
                    }
                }
                (StepProjection::Committing { commit, ended }, Some(handle)) => {
                    let committed = ready!(commit.as_mut().poll(context));
                    match ended.take() {
                        Some(ended) => finish(handle, ended, committed),
                        None => return Poll::Pending,
                    }
                }
                (StepProjection::Refused { response }, _) => match response.take() {
                    Some(response) => Ok(response),
                    None => return Poll::Pending,
                },
                _ => return Poll::Pending,
            };
            this.step.set(Step::Done);
            *this.handle = None;
            return Poll::Ready(output);
        }
    }
}

/// A panic is caught only to commit what must not be undone by it, and goes on afterwards.
fn poll_handler<F, R, E>(handler: Pin<&mut F>, context: &mut Context<'_>) -> Poll<Ended<E>>
where
    F: Future<Output = Result<R, E>>,
    R: IntoResponse,
{
    let polled = catch_unwind(AssertUnwindSafe(|| handler.poll(context)));
    Poll::Ready(match polled {
        Ok(Poll::Pending) => return Poll::Pending,
        Ok(Poll::Ready(Ok(response))) => Ended::Response(response.into_response()),
        Ok(Poll::Ready(Err(error))) => Ended::Error(error),
        Err(panic) => Ended::Panic(panic),
    })
}

/// What a commit that did not wait came to.
type Now = Result<Committed, SessionError>;

/// Drops the changes of a handler that failed, and commits: at once, or with a future where that has to wait.
fn begin_commit<E>(handle: &Handle, ended: &Ended<E>) -> Result<Now, Boxed<'static, Committed>> {
    let (Some(state), Some(slot)) = (handle.opened(), handle.context::<Slot>()) else {
        return Ok(Ok(Committed::default()));
    };
    if !slot.settings.commit_on.includes(ended) {
        state.discard();
    }
    handle.commit_now(true).ok_or_else(|| handle.commit_later(true))
}

impl CommitOn {
    fn includes<E>(self, ended: &Ended<E>) -> bool {
        match ended {
            Ended::Response(response) => self == Self::Always || !response.status().is_server_error(),
            Ended::Error(_) | Ended::Panic(_) => false,
        }
    }
}

fn finish<E>(handle: &Handle, ended: Ended<E>, committed: Now) -> Result<Response, E> {
    let Some(slot) = handle.context::<Slot>() else { return end(ended) };
    let (committed, refusal) = match committed {
        Ok(committed) => (committed, None),
        // A request that lost against a logout gets the answer of its handler, and no cookie.
        Err(SessionError::Gone) => (handle.told_last(), None),
        Err(error) => {
            let refusal = refuse(handle, slot, &error);
            (handle.told_last(), Some(refusal))
        }
    };
    let mut response = end(ended)?;
    if let Some(refusal) = refusal {
        response = refusal;
    }
    match handle.opened() {
        Some(state) => write_head(slot, state, &committed, response.headers_mut()),
        None if slot.did_without() => write_no_store(slot, response.headers_mut()),
        None => {}
    }
    Ok(response)
}

fn end<E>(ended: Ended<E>) -> Result<Response, E> {
    match ended {
        Ended::Response(response) => Ok(response),
        Ended::Error(error) => Err(error),
        Ended::Panic(panic) => resume_unwind(panic),
    }
}

/// The page of a visitor without a session, shown to a client that may have one.
fn write_no_store(slot: &Slot, headers: &mut HeaderMap) {
    caching::apply(headers, slot.settings.transport.request_header(), true, false);
}

/// Nothing was saved, so the handler's response must not leave. A logout that failed still makes the
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

fn write_head(slot: &Slot, state: &State, committed: &Committed, headers: &mut HeaderMap) {
    let transport = &slot.settings.transport;
    if let Some(change) = &committed.change {
        let now = state.now();
        let deadline = state.base().map_or(now, |base| base.header.deadline);
        transport.write(change, deadline, now, headers);
        #[cfg(debug_assertions)]
        if matches!(change, TokenChange::Set { .. }) {
            slot.token_was_sent(now);
        }
    }
    caching::apply(headers, transport.request_header(), committed.change.is_some(), committed.is_authenticated);
}
