//! Metrics, in whatever recorder the application installed. No label comes from a user.

#[cfg(feature = "metrics")]
use super::event::SessionEvent;
use super::event::StoreOperation;

#[cfg(feature = "metrics")]
pub(super) fn count(schema: &'static str, event: &SessionEvent) {
    metrics::counter!("session_events_total", "schema" => schema, "event" => event.name()).increment(1);
}

/// Notes how long a call of the store took.
pub(super) struct Timer {
    #[cfg(feature = "metrics")]
    started: std::time::Instant,
}

impl Timer {
    pub(super) fn start() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            started: std::time::Instant::now(),
        }
    }

    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, clippy::unused_self, reason = "nothing is recorded"))]
    pub(super) fn stop(self, schema: &'static str, operation: StoreOperation, succeeded: bool) {
        #[cfg(feature = "metrics")]
        {
            let result = if succeeded { "ok" } else { "error" };
            let labels = [("schema", schema), ("operation", operation.name()), ("result", result)];
            metrics::histogram!("session_store_seconds", &labels).record(self.started.elapsed());
        }
    }
}
