//! What the codes of PostgreSQL mean.

use crate::sql::{
    retry::Failure,
    server::{self, Meaning},
};

pub(super) fn failure(error: sqlx::Error) -> Failure {
    server::failure(error, |error| meaning(error.code().unwrap_or_default().as_ref()))
}

/// By SQLSTATE: PostgreSQL documentation, appendix A.
fn meaning(code: &str) -> Meaning {
    match code {
        "40001" | "40P01" => server::BUSY,
        "55P03" => server::LOCKED,
        "57014" => server::CANCELLED,
        "57P01" | "57P02" | "57P03" | "08000" | "08003" | "08006" => server::ENDED,
        "25006" => server::READ_ONLY,
        "53300" => server::CROWDED,
        "53100" | "53200" => server::FULL,
        "54000" => server::TOO_LARGE,
        "42P01" | "3F000" => server::NO_TABLE,
        "42703" | "42804" | "42883" => server::OTHER_TABLE,
        "28P01" | "28000" | "42501" => server::DENIED,
        "3D000" => server::NO_DATABASE,
        _ => server::FAILED,
    }
}
