//! The future of a request: the handler, then the commit, then the head.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum_core::response::{IntoResponse, Response};
use pin_project_lite::pin_project;

use super::{
    head::{self, Outcome},
    slot::Slot,
};
use crate::{
    manager::Boxed,
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
                        Ok(committed) => finish(handle, &committed, &mut ended),
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
                    finish(handle, &committed, &mut ended);
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

/// Drops the changes of a handler that failed, and commits: at once, or with a future where that has to wait.
fn begin_commit<E>(handle: &Handle, ended: &Ended<E>) -> Result<Outcome, Boxed<'static, Committed>> {
    let (Some(state), Some(slot)) = (handle.close(), handle.context::<Slot>()) else {
        return Ok(Ok(Committed::default()));
    };
    match ended {
        Ok(Ok(response)) => head::judge(slot, state, response),
        // A sealed session ends with its id, whether or not its client learns of it.
        Err(_) | Ok(Err(_)) if handle.engine().is_sealed() => state.discard(),
        Err(_) | Ok(Err(_)) => state.discard_unanswered(),
    }
    handle.commit_now(true).ok_or_else(|| handle.commit_later(true))
}

/// Writes into the response, if there is one, what became of the session.
fn finish<E>(handle: &Handle, committed: &Outcome, ended: &mut Ended<E>) {
    let Some(slot) = handle.context::<Slot>() else { return };
    let response = ended.as_mut().ok().and_then(|output| output.as_mut().ok());
    head::tell(handle, slot, committed, response, |body| body);
}
