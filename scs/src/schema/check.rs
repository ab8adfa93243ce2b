//! Schemas in files: a change that stored sessions would not survive fails a test.

use std::{fmt, fs, io, path::Path};

use super::{FieldSchema, Schema};

/// A schema changed in a way that stored sessions do not survive, or its file could not be used.
#[non_exhaustive]
pub enum SchemaChange {
    /// What would be lost, a sentence for each.
    Incompatible {
        /// The schema's stored name.
        schema: &'static str,
        /// What would be lost and what to do about it.
        changes: Vec<String>,
    },
    /// The change is harmless, and the file is to be committed with it. Only where `CI` is set:
    /// elsewhere the file is written.
    Outdated {
        /// The file.
        file: String,
    },
    /// The file could not be read or written.
    File {
        /// The file.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
}

impl fmt::Display for SchemaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incompatible { schema, changes } => {
                write!(f, "session schema `{schema}` changed in a way that stored sessions do not survive")?;
                changes.iter().try_for_each(|change| write!(f, "\n- {change}"))
            }
            Self::Outdated { file } => write!(f, "{file} is out of date; run the test locally and commit the file"),
            Self::File { file, source } => write!(f, "{file} cannot be used: {source}"),
        }
    }
}

impl fmt::Debug for SchemaChange {
    /// The sentences, because that is what a test that returns an error prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SchemaChange {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// What a file says of a schema.
#[derive(Default)]
struct Recorded<'a> {
    name: &'a str,
    version: u32,
    codec: &'a str,
    /// Names and types.
    fields: Vec<(&'a str, &'a str)>,
}

impl Schema {
    /// Compares the schema with the one in a file, and brings the file up to date.
    pub(crate) fn check(&self, file: &Path, may_write: bool) -> Result<(), SchemaChange> {
        let name = || file.display().to_string();
        let failed = |source| SchemaChange::File { file: name(), source };
        let recorded = match fs::read_to_string(file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let changes = recorded.as_deref().map(|text| self.incompatible_changes(&parse(text), &name()));
        if let Some(changes) = changes.filter(|changes| !changes.is_empty()) {
            return Err(SchemaChange::Incompatible { schema: self.name, changes });
        }
        let text = self.to_string();
        match recorded {
            Some(recorded) if recorded == text => Ok(()),
            _ if may_write => fs::write(file, text).map_err(failed),
            _ => Err(SchemaChange::Outdated { file: name() }),
        }
    }

    fn incompatible_changes(&self, recorded: &Recorded<'_>, file: &str) -> Vec<String> {
        let mut changes = Vec::new();
        if recorded.name != self.name {
            let (old, new) = (recorded.name, self.name);
            changes.push(format!("it was stored as `{old}` and is `{new}` now, so every session would end; keep the name with `#[session(name = \"{old}\")]`"));
        }
        if recorded.codec != self.codec {
            let (old, new) = (recorded.codec, self.codec);
            changes
                .push(format!("values were encoded by `{old}` and are by `{new}` now, so every value would be lost"));
        }
        if recorded.version > self.version {
            let (old, new) = (recorded.version, self.version);
            changes
                .push(format!("version {old} went back to {new}, so records of version {old} would not be migrated"));
        }
        let migrates = self.migrations.iter().any(|migration| migration.from() >= recorded.version);
        if !migrates {
            let lost = recorded.fields.iter().filter_map(|(name, ty)| self.lost_field(name, ty, file));
            changes.extend(lost);
        }
        changes
    }

    fn lost_field(&self, name: &str, ty: &str, file: &str) -> Option<String> {
        match self.fields.iter().find(|field| field.names().any(|known| known == name)) {
            None => Some(format!(
                "`{name}` is stored in sessions and no field reads it any more; if it was renamed, add `alias = \"{name}\"` to the field, and if it is to be forgotten, delete its line from {file}"
            )),
            Some(field) if !reads(field.type_name, ty) => Some(format!(
                "`{name}` held `{ty}` and holds `{}` now, so stored values may not decode; raise `version` and write a migration, or accept the loss by deleting its line from {file}",
                field.type_name
            )),
            Some(_) => None,
        }
    }
}

/// Whether every stored value of one type is read as the other: the same, or a wider number.
fn reads(new: &str, old: &str) -> bool {
    const UNSIGNED: &[&str] = &["u8", "u16", "u32", "u64", "u128"];
    const SIGNED: &[&str] = &["i8", "i16", "i32", "i64", "i128"];
    let rank = |types: &[&str], ty: &str| types.iter().position(|known| *known == ty);
    new == old
        || rank(UNSIGNED, old).is_some_and(|old| {
            rank(UNSIGNED, new).or(rank(SIGNED, new).filter(|new| *new > old)).is_some_and(|new| new >= old)
        })
        || rank(SIGNED, old).zip(rank(SIGNED, new)).is_some_and(|(old, new)| new >= old)
        || (old, new) == ("f32", "f64")
}

/// Lines that say nothing are skipped, so that a file may have comments.
fn parse(text: &str) -> Recorded<'_> {
    let mut recorded = Recorded { version: 1, ..Recorded::default() };
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("schema", name)) => recorded.name = name,
            Some(("version", version)) => recorded.version = version.parse().unwrap_or(1),
            Some(("codec", codec)) => recorded.codec = codec,
            Some(("field", field)) => recorded.fields.extend(field.split_once(": ")),
            _ => {}
        }
    }
    recorded
}

impl fmt::Display for Schema {
    /// The schema as a file has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# What stored sessions hold. `scs::check_schema` keeps this file; commit it.")?;
        writeln!(f, "schema {}\nversion {}\ncodec {}", self.name, self.version, self.codec)?;
        let line = |field: &FieldSchema| format!("field {}: {}\n", field.name, field.type_name);
        self.fields.iter().try_for_each(|field| f.write_str(&line(field)))
    }
}
