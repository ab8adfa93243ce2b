//! The reporter: where events go.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{event::SessionEvent, throttle::Throttle};
use crate::{record::InvalidRecord, time::Clock};

/// What an application wants to be called with.
pub(super) type Hook = Arc<dyn Fn(&SessionEvent) + Send + Sync>;

/// Tells the log, the metrics and the application what happened.
#[derive(Clone, Default)]
pub(super) struct Reporter {
    pub(super) hook: Option<Hook>,
    throttle: Arc<Throttle>,
}

impl Reporter {
    /// Whether a line of this kind, which clients can cause, may be logged now.
    #[cfg(feature = "axum")]
    pub(super) fn may_log(&self, kind: &'static str, clock: &dyn Clock) -> bool {
        self.throttle.admits(kind, clock)
    }

    pub(super) fn report(&self, schema: &'static str, event: SessionEvent, clock: &dyn Clock) {
        self.report_with(schema, event, None, clock);
    }

    /// The same, with why the record is unreadable, for the log.
    pub(super) fn report_with(
        &self,
        schema: &'static str,
        event: SessionEvent,
        error: Option<InvalidRecord>,
        clock: &dyn Clock,
    ) {
        if !event.is_cheap_to_cause() || self.throttle.admits(event.name(), clock) {
            log(&event, error);
        }
        #[cfg(feature = "metrics")]
        super::metrics::count(schema, &event);
        #[cfg(not(feature = "metrics"))]
        let _ = schema;
        if let Some(hook) = &self.hook {
            call(hook, &event);
        }
    }
}

/// An application's mistake stops nothing.
fn call(hook: &Hook, event: &SessionEvent) {
    if catch_unwind(AssertUnwindSafe(|| hook(event))).is_err() {
        tracing::error!(target: "scs::session", event = event.name(), "the event hook panicked");
    }
}

fn log(event: &SessionEvent, error: Option<InvalidRecord>) {
    match event {
        SessionEvent::Created { id } => tracing::debug!(target: "scs::session", %id, "created"),
        SessionEvent::Renewed { id } => tracing::debug!(target: "scs::session", %id, "renewed"),
        SessionEvent::Destroyed { id, reason } => tracing::debug!(target: "scs::session", %id, %reason, "destroyed"),
        SessionEvent::Expired { id } => tracing::debug!(target: "scs::session", %id, "expired"),
        SessionEvent::UnknownToken => tracing::debug!(target: "scs::session", "unknown_token"),
        SessionEvent::Malformed => tracing::debug!(target: "scs::session", "malformed"),
        SessionEvent::DuplicateCookie => tracing::warn!(target: "scs::session", "duplicate_cookie"),
        SessionEvent::DecryptFailed => tracing::info!(target: "scs::session", "decrypt_failed"),
        SessionEvent::ClockSkew { id } => tracing::warn!(target: "scs::session", %id, "clock_skew"),
        SessionEvent::TokenReuse { id } => tracing::warn!(target: "scs::session", %id, "token_reuse"),
        SessionEvent::Unreadable { id } => {
            let error = error.map(tracing::field::display);
            tracing::warn!(target: "scs::session", %id, error, "unreadable");
        }
        SessionEvent::WriteAfterDelete { id } => tracing::info!(target: "scs::session", %id, "write_after_delete"),
        SessionEvent::Conflict { id, attempt } => tracing::debug!(target: "scs::session", %id, attempt, "conflict"),
        SessionEvent::Outage { operation, kind } => {
            tracing::warn!(target: "scs::session", %operation, ?kind, "outage");
        }
    }
}
