//! The deadline that every store call has.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use crate::error::StoreError;

/// Runs one store call for at most `limit`. A call that is answered at once, as by a store in
/// memory, sets no timer.
pub(super) async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut call = pin!(call);
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
        return answer;
    }
    // Boxed, so that the timer's memory is no part of every call.
    let answer = Box::pin(tokio::time::timeout(limit, call)).await;
    answer.unwrap_or_else(|_| Err(StoreError::timeout(limit)))
}
