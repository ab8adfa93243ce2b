//! Metrics, in whatever recorder the application installed. No label comes from a user.

#[cfg(feature = "metrics")]
use super::event::SessionEvent;
use super::event::StoreOperation;

#[cfg(feature = "metrics")]
pub(super) fn count(schema: &'static str, event: &SessionEvent) {
    metrics::counter!("session_events_total", "schema" => schema, "event" => event.name()).increment(1);
}

/// Measures how long a call of the store takes.
pub(super) struct Timer {
    #[cfg(feature = "metrics")]
    started: std::time::Instant,
}

/// A call of the store that has ended.
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "nothing is recorded"))]
pub(super) struct Measured {
    operation: StoreOperation,
    succeeded: bool,
    #[cfg(feature = "metrics")]
    took: std::time::Duration,
}

impl Timer {
    pub(super) fn start() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            started: std::time::Instant::now(),
        }
    }

    #[cfg_attr(not(feature = "metrics"), expect(clippy::unused_self, reason = "nothing is measured"))]
    pub(super) fn stop(self, operation: StoreOperation, succeeded: bool) -> Measured {
        Measured {
            operation,
            succeeded,
            #[cfg(feature = "metrics")]
            took: self.started.elapsed(),
        }
    }
}

impl Measured {
    /// Calls the recorder: never under a lock.
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, clippy::unused_self, reason = "nothing is recorded"))]
    pub(super) fn record(self, schema: &'static str) {
        #[cfg(feature = "metrics")]
        {
            let result = if self.succeeded { "ok" } else { "error" };
            let labels = [("schema", schema), ("operation", self.operation.name()), ("result", result)];
            metrics::histogram!("session_store_seconds", &labels).record(self.took);
        }
    }
}
