use std::path::Path;

use super::Session;
use crate::schema::SchemaChange;

/// Fails when a schema changed in a way that stored sessions do not survive: for a test of yours.
///
/// The file, which it writes the first time and after every harmless change, is committed beside the
/// test. A field that disappeared without an `alias`, a type that cannot read what was stored, another
/// name, another codec or a lower version is an error whose text says what to do. Where the
/// environment variable `CI` is set, nothing is written, and a file that is out of date is an error.
///
/// ```
/// use scs::{Session, SchemaChange};
///
/// #[derive(Session)]
/// struct Visitor {
///     visits: u32,
/// }
///
/// // #[test]
/// fn stored_sessions_stay_readable() -> Result<(), SchemaChange> {
///     scs::check_schema::<Visitor>("tests/visitor.schema")
/// }
/// ```
///
/// # Errors
///
/// The change is incompatible, or the file is out of date or cannot be used.
pub fn check_schema<S: Session>(file: impl AsRef<Path>) -> Result<(), SchemaChange> {
    S::SCHEMA.check(file.as_ref(), std::env::var_os("CI").is_none())
}
