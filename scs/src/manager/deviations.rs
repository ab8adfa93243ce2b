//! What operators should know that they have chosen, said once at the start.

use std::time::Duration;

use super::policy::{Policy, Readable};

/// Warns of everything that lasts longer than by default: OWASP ASVS 5.0 (7.1.1) wants such a choice documented.
pub(super) fn warn(schema: &'static str, policy: &Policy) {
    for ((setting, chosen), (_, default)) in durations(policy).into_iter().zip(durations(&Policy::default())) {
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

const fn durations(policy: &Policy) -> [(&'static str, Duration); 5] {
    [
        ("idle timeout", policy.idle_timeout()),
        ("absolute timeout", policy.absolute_timeout()),
        ("remembered idle timeout", policy.remembered_idle_timeout()),
        ("remembered absolute timeout", policy.remembered_absolute_timeout()),
        ("renewal grace", policy.renewal_grace()),
    ]
}
