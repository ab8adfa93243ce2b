//! The names of the tables.

use std::borrow::Cow;

use scs::store::{StoreError, StoreErrorKind};

/// The name that statements are written with.
const DEFAULT: &str = "scs_sessions";

/// Databases allow at least 63 bytes; the longest name that is made of this one ends in `_terms_expires`.
const LONGEST: usize = 48;

/// What the tables of a store are called and where they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Names {
    schema: Option<String>,
    table: String,
    quote: char,
}

impl Names {
    pub(super) fn new(quote: char) -> Self {
        Self { schema: None, table: DEFAULT.to_owned(), quote }
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(super) fn with_schema(self, schema: &str) -> Result<Self, StoreError> {
        Ok(Self { schema: Some(valid(schema)?), ..self })
    }

    pub(super) fn with_table(self, table: &str) -> Result<Self, StoreError> {
        Ok(Self { table: valid(table)?, ..self })
    }

    /// A statement about these tables.
    pub(super) fn apply(&self, statement: &'static str) -> Cow<'static, str> {
        if self.schema.is_none() && self.table == DEFAULT {
            return Cow::Borrowed(statement);
        }
        let parts = statement.split(self.quote).enumerate();
        Cow::Owned(
            parts.map(|(position, part)| if position % 2 == 0 { part.to_owned() } else { self.rename(part) }).collect(),
        )
    }

    /// A quoted name. Those of tables are in the schema; those of indexes belong to their table's.
    fn rename(&self, name: &str) -> String {
        let Some(suffix) = name.strip_prefix(DEFAULT) else { return self.quoted(name) };
        let renamed = self.quoted(&format!("{}{suffix}", self.table));
        match &self.schema {
            Some(schema) if ["", "_terms"].contains(&suffix) => format!("{}.{renamed}", self.quoted(schema)),
            _ => renamed,
        }
    }

    fn quoted(&self, name: &str) -> String {
        format!("{quote}{name}{quote}", quote = self.quote)
    }
}

fn valid(name: &str) -> Result<String, StoreError> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if begins && goes_on && name.len() <= LONGEST {
        return Ok(name.to_owned());
    }
    let message = format!(
        "the name of a table or schema must be a letter or `_`, then letters, digits or `_`, at most {LONGEST} in all"
    );
    Err(StoreError::new(StoreErrorKind::Configuration, message))
}
