//! The future of a request: the handler, then the commit, then the head.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum_core::response::{IntoResponse, Response};
use pin_project_lite::pin_project;

use super::{caching, layer::CommitOn, slot::Slot};
use crate::{
    error::SessionError,
    manager::Answer,
    typed_session::{Committed, Session, TokenChange, TypedSession},
};

pin_project! {
    /// The response of a [`SessionService`](super::SessionService).
    ///
    /// The handler's future is part of it and is never boxed; a commit is, when there is one.
    pub struct ResponseFuture<S: Session, F, E> {
        #[pin]
        state: State<S, F, E>,
    }

    /// The client went away before its response: the changes go too, and with them what their closures
    /// hold.
    impl<S: Session, F, E> PinnedDrop for ResponseFuture<S, F, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut state = this.project().state;
            let slot = match state.as_mut().project() {
                StateProjection::Running { slot, .. } | StateProjection::Committing { slot, .. } => Arc::clone(slot),
                StateProjection::Refused { .. } | StateProjection::Done => return,
            };
            state.set(State::Done);
            if let Some(session) = slot.opened() {
                session.handle().discard();
            }
        }
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S: Session, F, E> {
        Running { #[pin] handler: F, slot: Arc<Slot<S>> },
        Committing { commit: Answer<'static, Committed>, ended: Option<Ended<E>>, slot: Arc<Slot<S>> },
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

impl<S: Session, F, E> ResponseFuture<S, F, E> {
    pub(super) const fn running(handler: F, slot: Arc<Slot<S>>) -> Self {
        Self { state: State::Running { handler, slot } }
    }

    pub(super) const fn refused(response: Response) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }
}

impl<S, F, R, E> Future for ResponseFuture<S, F, E>
where
    S: Session,
    F: Future<Output = Result<R, E>>,
    R: IntoResponse,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let output = match state.as_mut().project() {
                StateProjection::Running { handler, slot } => {
                    let ended = ready!(poll_handler(handler, context));
                    let slot = Arc::clone(slot);
                    match begin_commit(&slot, &ended) {
                        Some(commit) => {
                            state.set(State::Committing { commit, ended: Some(ended), slot });
                            continue;
                        }
                        None => finish(&slot, ended, Ok(())),
                    }
                }
                StateProjection::Committing { commit, ended, slot } => {
                    let committed = ready!(commit.as_mut().poll(context));
                    match ended.take() {
                        Some(ended) => finish(slot, ended, committed.map(drop)),
                        None => return Poll::Pending,
                    }
                }
                StateProjection::Refused { response } => match response.take() {
                    Some(response) => Ok(response),
                    None => return Poll::Pending,
                },
                StateProjection::Done => return Poll::Pending,
            };
            state.set(State::Done);
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

/// Drops the changes of a handler that failed; `None` if nothing is left to commit.
fn begin_commit<S: Session, E>(slot: &Slot<S>, ended: &Ended<E>) -> Option<Answer<'static, Committed>> {
    let session = slot.opened()?;
    if !slot.settings.commit_on.includes(ended) {
        session.handle().discard();
    }
    if session.handle().close_head_if_idle() {
        return None;
    }
    Some(session.handle().commit(true))
}

impl CommitOn {
    fn includes<E>(self, ended: &Ended<E>) -> bool {
        match ended {
            Ended::Response(response) => self == Self::Always || !response.status().is_server_error(),
            Ended::Error(_) | Ended::Panic(_) => false,
        }
    }
}

fn finish<S: Session, E>(slot: &Slot<S>, ended: Ended<E>, committed: Result<(), SessionError>) -> Result<Response, E> {
    // Whoever lost against a logout gets the answer of its handler, and no cookie.
    let failure = committed.err().filter(|error| !matches!(error, SessionError::Gone));
    let refusal = failure.map(|error| refuse(slot, &error));
    let response = match ended {
        Ended::Response(response) => refusal.unwrap_or(response),
        Ended::Error(error) => return Err(error),
        Ended::Panic(panic) => resume_unwind(panic),
    };
    match slot.opened() {
        Some(session) => Ok(write_head(slot, session, response)),
        None if slot.did_without() => Ok(write_no_store(slot, response)),
        None => Ok(response),
    }
}

/// The page of a visitor without a session, shown to somebody who may have one.
fn write_no_store<S: Session>(slot: &Slot<S>, mut response: Response) -> Response {
    caching::apply(response.headers_mut(), slot.settings.transport.request_header(), true, false);
    response
}

/// Nothing was saved, so the handler's response must not leave. A logout that failed still makes the
/// client forget its token.
fn refuse<S: Session>(slot: &Slot<S>, error: &SessionError) -> Response {
    if let Some(session) = slot.opened() {
        if session.handle().was_destroyed() {
            session.handle().deliver(TokenChange::Removed);
        }
        session.handle().discard();
    }
    slot.on_error().respond(error)
}

fn write_head<S: Session>(slot: &Slot<S>, session: &TypedSession<S>, mut response: Response) -> Response {
    let transport = &slot.settings.transport;
    let handle = session.handle();
    let change = handle.take_undelivered();
    if let Some(change) = &change {
        transport.write(change, session.deadline(), handle.now(), response.headers_mut());
        #[cfg(debug_assertions)]
        if matches!(change, TokenChange::Set { .. }) {
            slot.token_was_sent(handle.now());
        }
    }
    caching::apply(response.headers_mut(), transport.request_header(), change.is_some(), handle.is_authenticated());
    response
}
