//! Statements for a pooler that gives each transaction another connection to the server.
//!
//! A statement that was prepared before may be unknown there, or be another client's under the same name. So nothing is
//! prepared: a statement goes as one text with its arguments in it, bytes as hexadecimal digits and numbers as decimal ones.
//! Several in one text are one transaction.

use std::fmt::Write as _;

use scs::store::{StoreError, StoreErrorKind};

use super::Protocol;
use crate::sql::row::Argument;

/// Settings for one transaction: how answers are written, and limits below what a call may take.
macro_rules! settings {
    () => {
        "SET LOCAL bytea_output = 'hex'; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '10s';"
    };
}

/// In front of a statement that is a transaction by itself.
pub(super) const SETTINGS: &str = settings!();

pub(super) const BEGIN: &str = concat!("BEGIN; ", settings!());

/// What only a pooler refuses that lends a connection for one statement.
pub(super) const PROBE: &str = "BEGIN";

/// A statement with its arguments in the places of `$1`, `$2` and so on.
pub(super) fn with_arguments(settings: &str, sql: &str, arguments: &[Argument<'_>]) -> String {
    let mut text = String::with_capacity(settings.len() + 2 * sql.len());
    text.push_str(settings);
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        match number.parse::<usize>().ok().and_then(|number| arguments.get(number.checked_sub(1)?)) {
            Some(argument) => write(&mut text, argument),
            // No statement has it.
            None => text.extend(["$", number]),
        }
        text.push_str(rest);
    }
    text
}

fn write(text: &mut String, argument: &Argument<'_>) {
    match argument {
        Argument::Number(number) => {
            // Writing to a text cannot fail.
            let _ = write!(text, "({number})::bigint");
        }
        Argument::Bytes(bytes) => {
            text.reserve(2 * bytes.len());
            text.push_str("decode('");
            for byte in *bytes {
                let _ = write!(text, "{byte:02x}");
            }
            text.push_str("', 'hex')");
        }
    }
}

/// Takes `pooler=transaction` out of a URL.
pub(super) fn protocol_in(url: &str) -> Result<(String, Protocol), StoreError> {
    let Some((address, options)) = url.split_once('?') else { return Ok((url.to_owned(), Protocol::Prepared)) };
    let mut protocol = Protocol::Prepared;
    let mut others = Vec::new();
    for option in options.split('&') {
        match option.split_once('=') {
            Some(("pooler", "transaction")) => protocol = Protocol::Texts,
            Some(("pooler", _)) => return Err(StoreError::new(StoreErrorKind::Configuration, OTHER_POOLER)),
            _ => others.push(option),
        }
    }
    let options = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    Ok((format!("{address}{options}"), protocol))
}

const OTHER_POOLER: &str = "`pooler` in the URL is not `transaction`; a pooler that lends a connection for a session needs no setting, \
     and one that lends it for a statement cannot carry a session store";

#[cfg(test)]
mod tests {
    use super::{
        Argument::{Bytes, Number},
        with_arguments,
    };

    #[test]
    fn arguments_stand_where_their_numbers_are() {
        let text = with_arguments("SET x;", "a $2::float8 b $1 $10", &[Bytes(b"\x00'\\"), Number(-5)]);
        assert_eq!(text, "SET x;a (-5)::bigint::float8 b decode('00275c', 'hex') $10");
    }
}
