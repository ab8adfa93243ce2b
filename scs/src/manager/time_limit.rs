//! The deadline that every store call has.

use std::{future::poll_fn, task::Poll, time::Duration};

use crate::{error::StoreError, store::Answer};

/// Waits for an answer for at most `limit`. A call that is answered the first time it is asked sets no timer.
pub(super) async fn within<T>(limit: Duration, answer: Answer<'_, T>) -> Result<T, StoreError> {
    let mut call = match answer {
        Answer::Now(answer) => return answer,
        Answer::Later(call) => call,
    };
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
        return answer;
    }
    // Boxed, so that the timer's memory is no part of every call.
    let answer = Box::pin(tokio::time::timeout(limit, call)).await;
    answer.unwrap_or_else(|_| Err(StoreError::timeout(limit)))
}
