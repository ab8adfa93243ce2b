//! What the codes of PostgreSQL mean.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::sql::{
    retry::Failure,
    server::{self, Meaning},
};

pub(super) fn failure(error: sqlx::Error) -> Failure {
    server::failure(error, |error| {
        let severity = error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
        let is_fatal = matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic));
        // Only its words tell what a pooler refuses from another violation of the protocol.
        match error.message() {
            words if words.contains("statement pooling") => return server::POOLED_BY_STATEMENT,
            words if words.contains("unsupported startup parameter") => return server::STARTUP_PARAMETER,
            _ => {}
        }
        meaning(error.code().unwrap_or_default().as_ref(), is_fatal)
    })
}

/// By SQLSTATE: PostgreSQL documentation, appendix A. After a fatal error the server ends the connection, whatever it says.
fn meaning(code: &str, is_fatal: bool) -> Meaning {
    match code {
        "40001" | "40P01" => server::BUSY,
        "55P03" => server::LOCKED,
        "57014" => server::CANCELLED,
        "25006" => server::READ_ONLY,
        "53300" => server::CROWDED,
        "53100" | "53200" => server::FULL,
        "54000" => server::TOO_LARGE,
        "42P01" | "3F000" => server::NO_TABLE,
        "42703" | "42804" | "42883" => server::OTHER_TABLE,
        "28P01" | "28000" | "42501" => server::DENIED,
        "3D000" => server::NO_DATABASE,
        // A prepared statement is not there, or is there already.
        "26000" | "42P05" => server::POOLED,
        _ if is_fatal || code.starts_with("57P") || code.starts_with("08") => server::ENDED,
        _ => server::FAILED,
    }
}
