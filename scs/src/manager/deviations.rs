//! What operators should know that they have chosen, said once at the start.

use std::time::Duration;

use super::policy::{Policy, Readable};

/// Warns of everything that lasts longer than by default: OWASP ASVS 5.0 (7.1.1) wants such a choice documented.
pub(super) fn warn(schema: &'static str, chosen: &Policy) {
    let default = Policy::default();
    let durations: [(&str, fn(&Policy) -> Duration); 5] = [
        ("idle timeout", Policy::idle_timeout),
        ("absolute timeout", Policy::absolute_timeout),
        ("remembered idle timeout", Policy::remembered_idle_timeout),
        ("remembered absolute timeout", Policy::remembered_absolute_timeout),
        ("renewal grace", Policy::renewal_grace),
    ];
    for (setting, duration) in durations {
        let (chosen, default) = (duration(chosen), duration(&default));
        if chosen > default {
            let (chosen, default) = (Readable(chosen), Readable(default));
            tracing::warn!(
                target: "scs::policy",
                schema, setting, %chosen, %default,
                "longer than by default; document why (OWASP ASVS 7.1.1)"
            );
        }
    }
}
