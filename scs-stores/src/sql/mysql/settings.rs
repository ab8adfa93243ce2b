//! The settings of a connection that change what statements do.

use scs::store::{StoreError, StoreErrorKind};
use sqlx::MySqlConnection;

use super::error;

/// A setting, what the store needs of it, and what happens otherwise.
struct Setting {
    name: &'static str,
    suits: fn(&str) -> bool,
    otherwise: &'static str,
    remedy: &'static str,
}

/// Reference manual of MySQL, "Server System Variables"; MariaDB shares these.
const SETTINGS: [Setting; 7] = [
    Setting {
        name: "sql_mode",
        suits: |value| value.contains("STRICT_TRANS_TABLES") || value.contains("STRICT_ALL_TABLES"),
        otherwise: "the database is not in strict mode and may shorten what it keeps",
        remedy: "add STRICT_ALL_TABLES to `sql_mode`",
    },
    Setting {
        name: "autocommit",
        suits: |value| value == "ON",
        otherwise: "what is written would not be committed, and would keep its locks",
        remedy: "set `autocommit` to 1",
    },
    Setting {
        name: "completion_type",
        suits: |value| value == "NO_CHAIN",
        otherwise: "a commit would begin another transaction, or end the connection",
        remedy: "set `completion_type` to NO_CHAIN",
    },
    Setting {
        name: "sql_safe_updates",
        suits: |value| value == "OFF",
        otherwise: "the database would refuse to delete what has expired",
        remedy: "set `sql_safe_updates` to 0",
    },
    Setting {
        name: "sql_select_limit",
        suits: |value| value == "18446744073709551615",
        otherwise: "sessions beyond this many rows would not be found, or not be ended",
        remedy: "set `sql_select_limit` to DEFAULT",
    },
    Setting {
        name: "unique_checks",
        suits: |value| value == "ON",
        otherwise: "one id could have two records",
        remedy: "set `unique_checks` to 1",
    },
    // MariaDB calls it `tx_read_only`, too.
    Setting {
        name: "transaction_read_only",
        suits: |value| value == "OFF",
        otherwise: "transactions may only read",
        remedy: "set `transaction_read_only` to 0",
    },
];

const NAMES_AND_VALUES: &str = "SHOW SESSION VARIABLES WHERE Variable_name IN ('sql_mode', 'autocommit', 'completion_type', \
     'sql_safe_updates', 'sql_select_limit', 'unique_checks', 'transaction_read_only', 'tx_read_only')";

/// # Errors
///
/// A setting changes what the store's statements do.
pub(super) async fn check(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    let values = sqlx::query_as::<_, (String, String)>(NAMES_AND_VALUES).fetch_all(connection).await.map_err(error)?;
    for (name, value) in values {
        let name = if name == "tx_read_only" { "transaction_read_only" } else { &name };
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name && !(setting.suits)(&value)) {
            let message = format!(
                "{} on the connections of this pool: `{name}` is {value:?}; {}",
                setting.otherwise, setting.remedy
            );
            return Err(StoreError::new(StoreErrorKind::Configuration, message));
        }
    }
    Ok(())
}
