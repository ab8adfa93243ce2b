//! Metrics, in whatever recorder the application installed. No label comes from a user.

use std::time::Instant;

use super::event::{SessionEvent, StoreOperation};

pub(super) fn count(schema: &'static str, event: &SessionEvent) {
    metrics::counter!("session_events_total", "schema" => schema, "event" => event.name()).increment(1);
}

/// Notes how long a call of the store took.
pub(super) fn time(schema: &'static str, operation: StoreOperation, started: Instant, succeeded: bool) {
    let result = if succeeded { "ok" } else { "error" };
    let labels = [("schema", schema), ("operation", operation.name()), ("result", result)];
    metrics::histogram!("session_store_seconds", &labels).record(started.elapsed());
}
