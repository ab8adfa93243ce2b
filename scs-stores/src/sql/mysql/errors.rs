//! What the codes of MySQL and MariaDB mean.

use sqlx::{error::DatabaseError, mysql::MySqlDatabaseError};

use crate::sql::{
    retry::Failure,
    server::{self, Meaning},
};

pub(super) fn failure(error: sqlx::Error) -> Failure {
    server::failure(error, |error| meaning(number(error)))
}

fn number(error: &dyn DatabaseError) -> u16 {
    error.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number)
}

/// By error number: MySQL error reference, chapter 2; MariaDB shares these.
fn meaning(number: u16) -> Meaning {
    match number {
        // A deadlock, a record that was changed since it was read.
        1213 | 1020 => server::BUSY,
        1205 => server::LOCKED,
        1317 | 1969 | 3024 => server::CANCELLED,
        1053 | 1077 | 1079 | 1080 | 1927 => server::ENDED,
        1290 | 1792 | 1836 => server::READ_ONLY,
        1040 | 1203 | 1226 => server::CROWDED,
        1021 | 1114 => server::FULL,
        1153 | 1406 => server::TOO_LARGE,
        1146 => server::NO_TABLE,
        1054 | 1366 => server::OTHER_TABLE,
        1044 | 1045 | 1142 | 1698 => server::DENIED,
        1049 => server::NO_DATABASE,
        _ => server::FAILED,
    }
}
